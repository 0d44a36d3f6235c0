/**
 * URLPattern.
 * @see https://urlpattern.spec.whatwg.org/#urlpattern-class
 */
import { TypeErrorCtor } from '../../primordials.ts';
import { USVString, argument, defineInterface, illegalInvocation, isObject } from '../../webidl.ts';
import { boolean, dictionary } from '../../webidl-types.ts';
import { isSpecial, parseUrl, portFor, serializePath } from '../url/parser.ts';
import type { UrlRecord } from '../url/record.ts';
import {
  canonicalizeHash,
  canonicalizeHostname,
  canonicalizeIpv6,
  canonicalizeOpaquePathname,
  canonicalizePathname,
  canonicalizePort,
  canonicalizeProtocol,
  canonicalizeSearch,
  canonicalizeUserinfo,
} from './canonicalize.ts';
import { compileComponent, componentResult, execComponent, matchesSpecialScheme, type Component, type Match } from './component.ts';
import { parseConstructorString } from './constructor-string.ts';
import { COMPONENT_NAMES, DEFAULT_OPTIONS, patternInput, processInit, type Components, type Init } from './init.ts';

const NAME = 'URLPattern';
const CONSTRUCT = "Failed to construct 'URLPattern': parameter";

const options = dictionary<{ ignoreCase: boolean }>('URLPatternOptions', [{ key: 'ignoreCase', converter: boolean, defaultValue: () => false }]);

/** @see https://urlpattern.spec.whatwg.org/#hostname-pattern-is-an-ipv6-address */
const isIpv6Pattern = (text: string): boolean => text.length > 1 && (text[0] === '[' || ((text[0] === '{' || text[0] === '\\') && text[1] === '['));

/** @see https://urlpattern.spec.whatwg.org/#url-pattern-create */
function create(input: string | Init, baseURL: string | undefined, ignoreCase: boolean): Components<Component> {
  let init: Init;
  if (typeof input === 'string') {
    init = parseConstructorString(input);
    if (baseURL !== undefined) init.baseURL = baseURL;
    else if (init.protocol === undefined) throw new TypeErrorCtor(`${CONSTRUCT} 1 is a relative pattern, and there is no base URL.`);
  } else {
    if (baseURL !== undefined) throw new TypeErrorCtor(`${CONSTRUCT} 2: a base URL belongs into the dictionary.`);
    init = input;
  }
  const given = processInit(init, true);
  const scheme = given.protocol ?? '*';
  let port = given.port ?? '*';
  if (isSpecial(scheme) && port !== '' && `${+port}` === port && portFor(scheme, +port) === null) port = '';
  const hostname = given.hostname ?? '*';
  const protocol = compileComponent(scheme, canonicalizeProtocol, DEFAULT_OPTIONS);
  const rest = { delimiter: '', prefix: '', ignoreCase };
  const isPath = matchesSpecialScheme(protocol);
  return {
    protocol,
    username: compileComponent(given.username ?? '*', canonicalizeUserinfo, DEFAULT_OPTIONS),
    password: compileComponent(given.password ?? '*', canonicalizeUserinfo, DEFAULT_OPTIONS),
    hostname: compileComponent(hostname, isIpv6Pattern(hostname) ? canonicalizeIpv6 : canonicalizeHostname, { delimiter: '.', prefix: '', ignoreCase: false }),
    port: compileComponent(port, canonicalizePort, DEFAULT_OPTIONS),
    pathname: compileComponent(
      given.pathname ?? '*',
      isPath ? canonicalizePathname : canonicalizeOpaquePathname,
      isPath ? { delimiter: '/', prefix: '/', ignoreCase } : rest,
    ),
    search: compileComponent(given.search ?? '*', canonicalizeSearch, rest),
    hash: compileComponent(given.hash ?? '*', canonicalizeHash, rest),
  };
}

const componentsOf = (url: UrlRecord): Components<string> => ({
  protocol: url.scheme,
  username: url.username,
  password: url.password,
  hostname: url.host ?? '',
  port: url.port === null ? '' : `${url.port}`,
  pathname: serializePath(url),
  search: url.query ?? '',
  hash: url.fragment ?? '',
});

/** The components of what is to be matched, or null where it is no URL. */
function valuesOf(input: string | Init, baseURL: string | undefined): Components<string> | null {
  if (typeof input !== 'string') {
    if (baseURL !== undefined) throw new TypeErrorCtor('A base URL cannot be given beside a URLPatternInit.');
    try {
      return processInit(input, false) as Components<string>;
    } catch {
      return null;
    }
  }
  const base = baseURL === undefined ? undefined : parseUrl(baseURL);
  const url = base === null ? null : parseUrl(input, base);
  return url === null ? null : componentsOf(url);
}

/** The match of every component, in the order of COMPONENT_NAMES, or null. */
function matchAll(components: Components<Component>, values: Components<string>): Match[] | null {
  const matches: Match[] = [];
  for (let i = 0; i < COMPONENT_NAMES.length; i++) {
    const name = COMPONENT_NAMES[i] as keyof Components<string>;
    const match = execComponent(components[name], values[name]);
    if (match === null) return null;
    matches[i] = match;
  }
  return matches;
}

export class URLPattern {
  readonly #components: Components<Component>;

  constructor(input: unknown = undefined, second: unknown = undefined, third: unknown = undefined) {
    const given = patternInput(input, `${CONSTRUCT} 1`);
    // With two arguments, the second is a base URL unless it can be a dictionary.
    const hasBase = arguments.length > 2 || (arguments.length === 2 && second !== undefined && second !== null && !isObject(second));
    const baseURL = hasBase ? USVString(second, `${CONSTRUCT} 2`) : undefined;
    const { ignoreCase } = hasBase ? options(third, `${CONSTRUCT} 3`) : options(second, `${CONSTRUCT} 2`);
    this.#components = create(given, baseURL, ignoreCase);
  }

  static #of(self: unknown): Components<Component> {
    if (!isObject(self) || !(#components in self)) throw illegalInvocation();
    return self.#components;
  }

  get protocol(): string {
    return URLPattern.#of(this).protocol.pattern;
  }

  get username(): string {
    return URLPattern.#of(this).username.pattern;
  }

  get password(): string {
    return URLPattern.#of(this).password.pattern;
  }

  get hostname(): string {
    return URLPattern.#of(this).hostname.pattern;
  }

  get port(): string {
    return URLPattern.#of(this).port.pattern;
  }

  get pathname(): string {
    return URLPattern.#of(this).pathname.pattern;
  }

  get search(): string {
    return URLPattern.#of(this).search.pattern;
  }

  get hash(): string {
    return URLPattern.#of(this).hash.pattern;
  }

  get hasRegExpGroups(): boolean {
    const components = URLPattern.#of(this);
    for (let i = 0; i < COMPONENT_NAMES.length; i++) if (components[COMPONENT_NAMES[i] as keyof Components<Component>].hasRegExpGroups) return true;
    return false;
  }

  /** @see https://urlpattern.spec.whatwg.org/#dom-urlpattern-test */
  test(input: unknown = undefined, baseURL: unknown = undefined): boolean {
    const components = URLPattern.#of(this);
    const given = patternInput(input, argument('test', NAME, 1));
    const base = baseURL === undefined ? undefined : USVString(baseURL, argument('test', NAME, 2));
    const values = valuesOf(given, base);
    return values !== null && matchAll(components, values) !== null;
  }

  /** @see https://urlpattern.spec.whatwg.org/#dom-urlpattern-exec */
  exec(input: unknown = undefined, baseURL: unknown = undefined): object | null {
    const components = URLPattern.#of(this);
    const given = patternInput(input, argument('exec', NAME, 1));
    const base = baseURL === undefined ? undefined : USVString(baseURL, argument('exec', NAME, 2));
    const values = valuesOf(given, base);
    const matches = values === null ? null : matchAll(components, values);
    if (values === null || matches === null) return null;
    const result = (name: keyof Components<string>, index: number): object => componentResult(components[name], values[name], matches[index] as Match);
    const first = typeof given === 'string' ? given : { ...given };
    return {
      hash: result('hash', 7),
      hostname: result('hostname', 3),
      inputs: base === undefined ? [first] : [first, base],
      password: result('password', 2),
      pathname: result('pathname', 5),
      port: result('port', 4),
      protocol: result('protocol', 0),
      search: result('search', 6),
      username: result('username', 1),
    };
  }
}

defineInterface(URLPattern, NAME);
