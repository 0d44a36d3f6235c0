/**
 * A URL-like pattern string, taken apart into the patterns of its components.
 * @see https://urlpattern.spec.whatwg.org/#constructor-string-parsing
 */
import { StringPrototypeSlice } from '../../primordials.ts';
import { canonicalizeProtocol } from './canonicalize.ts';
import { compileComponent, matchesSpecialScheme } from './component.ts';
import { DEFAULT_OPTIONS, type Init } from './init.ts';
import { tokenize, type Token } from './tokenizer.ts';

/** In the order of a URL; `authority` stands before it is known whether there are a username and password. */
type State = 'init' | 'protocol' | 'authority' | 'username' | 'password' | 'hostname' | 'port' | 'pathname' | 'search' | 'hash' | 'done';
const ORDER = { init: 0, protocol: 1, authority: 2, username: 3, password: 4, hostname: 5, port: 6, pathname: 7, search: 8, hash: 9, done: 10 } as const;

class ConstructorStringParser {
  readonly result: Init = { __proto__: null } as unknown as Init;
  readonly #input: string;
  readonly #tokens: Token[];
  #start = 0;
  #index = 0;
  #increment = 1;
  #groupDepth = 0;
  #bracketDepth = 0;
  #isSpecial = false;
  #state: State = 'init';

  constructor(input: string) {
    this.#input = input;
    this.#tokens = tokenize(input, false);
  }

  /** @see https://urlpattern.spec.whatwg.org/#parse-a-constructor-string */
  run(): Init {
    for (; this.#state !== 'done' && this.#index < this.#tokens.length; this.#index += this.#increment) {
      this.#increment = 1;
      const { type } = this.#tokens[this.#index] as Token;
      if (type === 'end') this.#atEnd();
      else if (type === 'open') this.#groupDepth++;
      else if (this.#groupDepth > 0 && type !== 'close') continue;
      else {
        if (this.#groupDepth > 0) this.#groupDepth--;
        this.#step();
      }
    }
    const { result } = this;
    if (result.hostname !== undefined && result.port === undefined) result.port = '';
    return result;
  }

  #atEnd(): void {
    if (this.#state === 'init') {
      // No protocol was found: the string is relative.
      this.#rewind('init');
      if (this.#is('#')) this.#change('hash', 1);
      else if (this.#isSearch()) this.#change('search', 1);
      else this.#change('pathname', 0);
    } else if (this.#state === 'authority') this.#rewind('hostname');
    else this.#change('done', 0);
  }

  #step(): void {
    switch (this.#state) {
      case 'init':
        if (this.#is(':')) this.#rewind('protocol');
        break;
      case 'protocol':
        if (this.#is(':')) this.#afterProtocol();
        break;
      case 'authority':
        if (this.#is('@')) this.#rewind('username');
        else if (this.#is('/') || this.#isSearch() || this.#is('#')) this.#rewind('hostname');
        break;
      case 'username':
        if (this.#is(':')) this.#change('password', 1);
        else if (this.#is('@')) this.#change('hostname', 1);
        break;
      case 'password':
        if (this.#is('@')) this.#change('hostname', 1);
        break;
      case 'hostname':
        if (this.#is('[')) this.#bracketDepth++;
        else if (this.#is(']')) this.#bracketDepth--;
        else if (this.#is(':') && this.#bracketDepth === 0) this.#change('port', 1);
        else this.#maybePath();
        break;
      case 'port':
        this.#maybePath();
        break;
      case 'pathname':
        if (this.#isSearch()) this.#change('search', 1);
        else if (this.#is('#')) this.#change('hash', 1);
        break;
      case 'search':
        if (this.#is('#')) this.#change('hash', 1);
        break;
    }
  }

  #afterProtocol(): void {
    this.#isSpecial = matchesSpecialScheme(compileComponent(this.#component(), canonicalizeProtocol, DEFAULT_OPTIONS));
    if (this.#is('/', 1) && this.#is('/', 2)) this.#change('authority', 3);
    else this.#change(this.#isSpecial ? 'authority' : 'pathname', 1);
  }

  #maybePath(): void {
    if (this.#is('/')) this.#change('pathname', 0);
    else if (this.#isSearch()) this.#change('search', 1);
    else if (this.#is('#')) this.#change('hash', 1);
  }

  /** @see https://urlpattern.spec.whatwg.org/#change-state */
  #change(next: State, skip: number): void {
    const state = this.#state;
    const { result } = this;
    if (state !== 'init' && state !== 'authority' && state !== 'done') result[state] = this.#component();
    if (state !== 'init' && next !== 'done') {
      // Components passed over are empty, not wildcards.
      const from = ORDER[state];
      const to = ORDER[next];
      if (from < ORDER.hostname && to > ORDER.hostname) result.hostname ??= '';
      if (from < ORDER.pathname && to > ORDER.pathname) result.pathname ??= this.#isSpecial ? '/' : '';
      if (from < ORDER.search && to > ORDER.search) result.search ??= '';
    }
    this.#state = next;
    this.#index += skip;
    this.#start = this.#index;
    this.#increment = 0;
  }

  #rewind(state: State): void {
    this.#index = this.#start;
    this.#increment = 0;
    this.#state = state;
  }

  #tokenAt(index: number): Token {
    return this.#tokens[index < this.#tokens.length ? index : this.#tokens.length - 1] as Token;
  }

  /** @see https://urlpattern.spec.whatwg.org/#is-a-non-special-pattern-char */
  #is(value: string, ahead = 0): boolean {
    const token = this.#tokenAt(this.#index + ahead);
    return token.value === value && (token.type === 'char' || token.type === 'escaped-char' || token.type === 'invalid-char');
  }

  /** @see https://urlpattern.spec.whatwg.org/#is-a-search-prefix */
  #isSearch(): boolean {
    if (this.#is('?')) return true;
    if (this.#tokenAt(this.#index).value !== '?') return false;
    if (this.#index === 0) return true;
    const { type } = this.#tokenAt(this.#index - 1);
    return type !== 'name' && type !== 'regexp' && type !== 'close' && type !== 'asterisk';
  }

  /** @see https://urlpattern.spec.whatwg.org/#make-a-component-string */
  #component(): string {
    return StringPrototypeSlice(this.#input, this.#tokenAt(this.#start).index, this.#tokenAt(this.#index).index);
  }
}

/** @see https://urlpattern.spec.whatwg.org/#parse-a-constructor-string */
export function parseConstructorString(input: string): Init {
  return new ConstructorStringParser(input).run();
}
