/**
 * Parts: what a component's pattern is made of, and the two texts made from them.
 *
 * @see https://urlpattern.spec.whatwg.org/#parts
 */
import { ArrayPrototypePush, StringPrototypeCharCodeAt, StringPrototypeCodePointAt, StringPrototypeIncludes, StringPrototypeSlice } from '../../primordials.ts';
import { isNameCodePoint } from './tokenizer.ts';

export type Part = {
  type: 'fixed-text' | 'regexp' | 'segment-wildcard' | 'full-wildcard';
  value: string;
  modifier: '' | '?' | '*' | '+';
  /** Empty for fixed text, and for nothing else. */
  name: string;
  prefix: string;
  suffix: string;
};

/** How a component's pattern is read. The code points are empty strings where there is none. */
export type Options = { delimiter: string; prefix: string; ignoreCase: boolean };

export const FULL_WILDCARD = '.*';

function escapeAll(text: string, special: string): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (!StringPrototypeIncludes(special, text[i] as string)) continue;
    out += `${StringPrototypeSlice(text, from, i)}\\`;
    from = i;
  }
  return from === 0 && out === '' ? text : out + StringPrototypeSlice(text, from);
}

/** @see https://urlpattern.spec.whatwg.org/#escape-a-regexp-string */
const escapeRegexp = (text: string): string => escapeAll(text, '.+*?^{}$()[]|/\\');

/** @see https://urlpattern.spec.whatwg.org/#escape-a-pattern-string */
export function escapePattern(text: string): string {
  return escapeAll(text, '+*?:{}()\\');
}

/** @see https://urlpattern.spec.whatwg.org/#generate-a-segment-wildcard-regexp */
export function segmentWildcard(options: Options): string {
  return `[^${escapeRegexp(options.delimiter)}]+?`;
}

/** @see https://urlpattern.spec.whatwg.org/#generate-a-regular-expression-and-name-list */
export function regexpOf(parts: readonly Part[], options: Options): { source: string; names: string[] } {
  let out = '^';
  const names: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Part;
    const { modifier } = part;
    if (part.type === 'fixed-text') {
      const text = escapeRegexp(part.value);
      out += modifier === '' ? text : `(?:${text})${modifier}`;
      continue;
    }
    ArrayPrototypePush(names, part.name);
    const value = part.type === 'segment-wildcard' ? segmentWildcard(options) : part.type === 'full-wildcard' ? FULL_WILDCARD : part.value;
    const isSingle = modifier === '' || modifier === '?';
    if (part.prefix === '' && part.suffix === '') {
      out += isSingle ? `(${value})${modifier}` : `((?:${value})${modifier})`;
      continue;
    }
    const prefix = escapeRegexp(part.prefix);
    const suffix = escapeRegexp(part.suffix);
    if (isSingle) out += `(?:${prefix}(${value})${suffix})${modifier}`;
    else out += `(?:${prefix}((?:${value})(?:${suffix}${prefix}(?:${value}))*)${suffix})${modifier === '*' ? '?' : ''}`;
  }
  return { source: `${out}$`, names };
}

const startsWithDigit = (text: string): boolean => {
  const unit = text === '' ? 0 : StringPrototypeCharCodeAt(text, 0);
  return unit >= 48 && unit <= 57;
};

/** Would this text, after a name, be read as more of the name? */
const continuesName = (text: string): boolean => text !== '' && isNameCodePoint(StringPrototypeCodePointAt(text, 0) as number, false);

/** Must the part stand in braces to be read back as it is? */
function needsGrouping(part: Part, previous: Part | undefined, next: Part | undefined, isNamed: boolean, options: Options): boolean {
  if (part.suffix !== '' || (part.prefix !== '' && part.prefix !== options.prefix)) return true;
  if (isNamed && part.type === 'segment-wildcard' && part.modifier === '' && next !== undefined && next.prefix === '' && next.suffix === '') {
    if (next.type === 'fixed-text' ? continuesName(next.value) : startsWithDigit(next.name)) return true;
  }
  if (part.prefix !== '' || previous === undefined || previous.type !== 'fixed-text' || options.prefix === '') return false;
  return previous.value[previous.value.length - 1] === options.prefix;
}

/** @see https://urlpattern.spec.whatwg.org/#generate-a-pattern-string */
export function patternOf(parts: readonly Part[], options: Options): string {
  let out = '';
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Part;
    const { modifier } = part;
    if (part.type === 'fixed-text') {
      const text = escapePattern(part.value);
      out += modifier === '' ? text : `{${text}}${modifier}`;
      continue;
    }
    const previous = i > 0 ? parts[i - 1] : undefined;
    const isNamed = !startsWithDigit(part.name);
    const isGrouped = needsGrouping(part, previous, parts[i + 1], isNamed, options);
    if (isGrouped) out += '{';
    out += escapePattern(part.prefix);
    if (isNamed) out += `:${part.name}`;
    if (part.type === 'regexp') out += `(${part.value})`;
    else if (part.type === 'full-wildcard') {
      const isPlain = !isNamed && (previous === undefined || previous.type === 'fixed-text' || previous.modifier !== '' || isGrouped || part.prefix !== '');
      out += isPlain ? '*' : `(${FULL_WILDCARD})`;
    } else if (!isNamed) out += `(${segmentWildcard(options)})`;
    else if (continuesName(part.suffix)) out += '\\';
    out += escapePattern(part.suffix);
    if (isGrouped) out += '}';
    out += modifier;
  }
  return out;
}
