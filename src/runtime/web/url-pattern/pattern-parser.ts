/**
 * Pattern strings as parts.
 * @see https://urlpattern.spec.whatwg.org/#parsing
 */
import { ArrayPrototypePush, TypeErrorCtor } from '../../primordials.ts';
import { FULL_WILDCARD, segmentWildcard, type Options, type Part } from './part.ts';
import { tokenize, type Token, type TokenType } from './tokenizer.ts';

/** Validates and encodes a piece of fixed text, or throws TypeError. */
export type Encode = (text: string) => string;

class PatternParser {
  readonly parts: Part[] = [];
  readonly #input: string;
  readonly #tokens: Token[];
  readonly #options: Options;
  readonly #encode: Encode;
  readonly #segment: string;
  #pending = '';
  #index = 0;
  #nextName = 0;

  constructor(input: string, options: Options, encode: Encode) {
    this.#input = input;
    this.#tokens = tokenize(input, true);
    this.#options = options;
    this.#encode = encode;
    this.#segment = segmentWildcard(options);
  }

  /** @see https://urlpattern.spec.whatwg.org/#parse-a-pattern-string */
  run(): Part[] {
    while (this.#index < this.#tokens.length) this.#step();
    return this.parts;
  }

  #step(): void {
    const char = this.#take('char');
    const name = this.#take('name');
    const matcher = this.#takeMatcher(name);
    if (name !== undefined || matcher !== undefined) {
      let prefix = char === undefined ? '' : char.value;
      if (prefix !== '' && prefix !== this.#options.prefix) {
        this.#pending += prefix;
        prefix = '';
      }
      this.#flush();
      this.#add(prefix, name, matcher, '', this.#takeModifier());
      return;
    }
    const fixed = char ?? this.#take('escaped-char');
    if (fixed !== undefined) {
      this.#pending += fixed.value;
      return;
    }
    if (this.#take('open') !== undefined) {
      const prefix = this.#takeText();
      const innerName = this.#take('name');
      const innerMatcher = this.#takeMatcher(innerName);
      const suffix = this.#takeText();
      this.#require('close');
      this.#add(prefix, innerName, innerMatcher, suffix, this.#takeModifier());
      return;
    }
    this.#flush();
    this.#require('end');
  }

  #take(type: TokenType): Token | undefined {
    const token = this.#tokens[this.#index] as Token;
    if (token.type !== type) return undefined;
    this.#index++;
    return token;
  }

  #takeModifier(): Part['modifier'] {
    return ((this.#take('other-modifier') ?? this.#take('asterisk'))?.value ?? '') as Part['modifier'];
  }

  #takeMatcher(name: Token | undefined): Token | undefined {
    return this.#take('regexp') ?? (name === undefined ? this.#take('asterisk') : undefined);
  }

  #require(type: TokenType): void {
    if (this.#take(type) !== undefined) return;
    const token = this.#tokens[this.#index] as Token;
    throw new TypeErrorCtor(`Invalid pattern: unexpected '${token.value}' at index ${token.index} of '${this.#input}'.`);
  }

  #takeText(): string {
    let text = '';
    for (let token: Token | undefined; (token = this.#take('char') ?? this.#take('escaped-char')) !== undefined; ) text += token.value;
    return text;
  }

  /** @see https://urlpattern.spec.whatwg.org/#maybe-add-a-part-from-the-pending-fixed-value */
  #flush(): void {
    if (this.#pending === '') return;
    const value = this.#encode(this.#pending);
    this.#pending = '';
    ArrayPrototypePush(this.parts, { type: 'fixed-text', value, modifier: '', name: '', prefix: '', suffix: '' });
  }

  /** @see https://urlpattern.spec.whatwg.org/#add-a-part */
  #add(prefix: string, name: Token | undefined, matcher: Token | undefined, suffix: string, modifier: Part['modifier']): void {
    const isText = name === undefined && matcher === undefined;
    if (isText && modifier === '') {
      this.#pending += prefix;
      return;
    }
    this.#flush();
    if (isText) {
      if (prefix !== '') ArrayPrototypePush(this.parts, { type: 'fixed-text', value: this.#encode(prefix), modifier, name: '', prefix: '', suffix: '' });
      return;
    }
    let value = matcher === undefined ? this.#segment : matcher.type === 'asterisk' ? FULL_WILDCARD : matcher.value;
    let type: Part['type'] = 'regexp';
    if (value === this.#segment) type = 'segment-wildcard';
    else if (value === FULL_WILDCARD) type = 'full-wildcard';
    if (type !== 'regexp') value = '';
    const partName = name === undefined ? `${this.#nextName++}` : name.value;
    for (let i = 0; i < this.parts.length; i++) {
      if ((this.parts[i] as Part).name === partName) throw new TypeErrorCtor(`Invalid pattern: the name '${partName}' is given twice in '${this.#input}'.`);
    }
    ArrayPrototypePush(this.parts, { type, value, modifier, name: partName, prefix: this.#encode(prefix), suffix: this.#encode(suffix) });
  }
}

/** @see https://urlpattern.spec.whatwg.org/#parse-a-pattern-string */
export function parsePattern(input: string, options: Options, encode: Encode): Part[] {
  return new PatternParser(input, options, encode).run();
}
