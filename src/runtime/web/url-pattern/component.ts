/**
 * One compiled component of a URL pattern.
 *
 * Most components are fixed text or one wildcard: those are matched without a regular expression. A
 * canonicalised component holds no line break, so a wildcard matches all there is.
 *
 * @see https://urlpattern.spec.whatwg.org/#urlpattern-internals
 */
import { ObjectDefineProperty, RegExpCtor, RegExpPrototypeExec, TypeErrorCtor } from '../../primordials.ts';
import { patternOf, regexpOf, type Options, type Part } from './part.ts';
import { parsePattern, type Encode } from './pattern-parser.ts';

export type Component = {
  readonly pattern: string;
  readonly names: readonly string[];
  readonly hasRegExpGroups: boolean;
  /** The only text that matches; undefined where it takes more to tell. */
  readonly literal: string | undefined;
  /** Does everything match, as one group? */
  readonly isWildcard: boolean;
  readonly regexp: RegExp | undefined;
};

/** What matched: the groups' values from index 1 on. */
export type Match = readonly (string | undefined)[];

const WILDCARD: Component = { pattern: '*', names: ['0'], hasRegExpGroups: false, literal: undefined, isWildcard: true, regexp: undefined };
const EMPTY: Component = { pattern: '', names: [], hasRegExpGroups: false, literal: '', isWildcard: false, regexp: undefined };

function compileRegexp(source: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExpCtor(source, ignoreCase ? 'vi' : 'v');
  } catch {
    throw new TypeErrorCtor(`Invalid regular expression in a URL pattern: ${source}`);
  }
}

/** @see https://urlpattern.spec.whatwg.org/#compile-a-component */
export function compileComponent(input: string, encode: Encode, options: Options): Component {
  if (input === '*') return WILDCARD;
  if (input === '') return EMPTY;
  const parts = parsePattern(input, options, encode);
  const only = parts.length === 1 ? parts[0] : undefined;
  const isPlain = only !== undefined && only.modifier === '' && only.prefix === '' && only.suffix === '';
  const isWildcard = isPlain && only.type === 'full-wildcard';
  const literal = parts.length === 0 ? '' : isPlain && only.type === 'fixed-text' && !options.ignoreCase ? only.value : undefined;
  const { source, names } = regexpOf(parts, options);
  let hasRegExpGroups = false;
  for (let i = 0; i < parts.length; i++) if ((parts[i] as Part).type === 'regexp') hasRegExpGroups = true;
  return {
    pattern: patternOf(parts, options),
    names,
    hasRegExpGroups,
    literal,
    isWildcard,
    regexp: isWildcard || literal !== undefined ? undefined : compileRegexp(source, options.ignoreCase),
  };
}

/** The match of a component's value, or null. */
export function execComponent(component: Component, value: string): Match | null {
  if (component.isWildcard) return [value, value];
  if (component.literal !== undefined) return component.literal === value ? [value] : null;
  return RegExpPrototypeExec(component.regexp as RegExp, value);
}

/** @see https://urlpattern.spec.whatwg.org/#create-a-component-match-result */
export function componentResult(component: Component, input: string, match: Match): { input: string; groups: object } {
  const groups = {};
  for (let i = 1; i <= component.names.length; i++) {
    ObjectDefineProperty(
      groups,
      component.names[i - 1] as string,
      { __proto__: null, value: match[i], writable: true, enumerable: true, configurable: true } as PropertyDescriptor,
    );
  }
  return { input, groups };
}

const SPECIAL_SCHEMES = ['http', 'https', 'ws', 'wss', 'ftp', 'file'];

/** @see https://urlpattern.spec.whatwg.org/#protocol-component-matches-a-special-scheme */
export function matchesSpecialScheme(protocol: Component): boolean {
  for (let i = 0; i < SPECIAL_SCHEMES.length; i++) if (execComponent(protocol, SPECIAL_SCHEMES[i] as string) !== null) return true;
  return false;
}
