/**
 * URL.
 * @see https://url.spec.whatwg.org/#url-class
 */
import { chunk } from '../../link.ts';
import { TypeErrorCtor } from '../../primordials.ts';
import { USVString, argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { parseUrl, serializeHost, serializeOrigin, serializePath, serializeUrl } from './parser.ts';
import type { UrlRecord } from './record.ts';
import { USERINFO, percentEncode } from './percent-encode.ts';
import { createLinkedParams, serializeSearchParams, setLinkedQuery, type URLSearchParams } from './search-params.ts';
import { cannotHaveCredentials, setFragment, setHost, setPath, setPort, setQuery, setScheme } from './setters.ts';

const NAME = 'URL';
const CONSTRUCT = "Failed to construct 'URL': parameter";

/** The API URL parser. @see https://url.spec.whatwg.org/#api-url-parser */
function parseWithBase(url: string, base: string | undefined): UrlRecord | null {
  if (base === undefined) return parseUrl(url);
  const parsedBase = parseUrl(base);
  return parsedBase === null ? null : parseUrl(url, parsedBase);
}

const baseFrom = (base: unknown, context: string): string | undefined => (base === undefined ? undefined : USVString(base, context));

/** The record that the constructor is to adopt, when it is `URL.parse` that constructs. */
let adopted: UrlRecord | null = null;
let isBranded: (value: unknown) => value is URL;

export class URL {
  #record: UrlRecord;
  /** The serialisation; empty when it has to be made. */
  #href = '';
  #params: URLSearchParams | undefined;

  constructor(url: unknown, base: unknown = undefined) {
    let record = adopted;
    adopted = null;
    if (record === null) {
      requireArguments(arguments.length, 1, "Failed to construct 'URL'");
      const text = USVString(url, `${CONSTRUCT} 1`);
      record = parseWithBase(text, baseFrom(base, `${CONSTRUCT} 2`));
      if (record === null) throw new TypeErrorCtor('Invalid URL string.');
    }
    this.#record = record;
  }

  static {
    isBranded = (value): value is URL => isObject(value) && #record in value;
  }

  static parse(url: unknown, base: unknown = undefined): URL | null {
    requireArguments(arguments.length, 1, 'URL.parse');
    const text = USVString(url, argument('parse', NAME, 1));
    adopted = parseWithBase(text, baseFrom(base, argument('parse', NAME, 2)));
    return adopted === null ? null : new URL('');
  }

  /** @see https://w3c.github.io/FileAPI/#dfn-createObjectURL */
  static createObjectURL(object: unknown): string {
    requireArguments(arguments.length, 1, 'URL.createObjectURL');
    return chunk('blob-urls').createObjectURL(object);
  }

  /** @see https://w3c.github.io/FileAPI/#dfn-revokeObjectURL */
  static revokeObjectURL(url: unknown): void {
    requireArguments(arguments.length, 1, 'URL.revokeObjectURL');
    chunk('blob-urls').revokeObjectURL(url);
  }

  static canParse(url: unknown, base: unknown = undefined): boolean {
    requireArguments(arguments.length, 1, 'URL.canParse');
    const text = USVString(url, argument('canParse', NAME, 1));
    return parseWithBase(text, baseFrom(base, argument('canParse', NAME, 2))) !== null;
  }

  get href(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    if (this.#href === '') this.#href = serializeUrl(this.#record);
    return this.#href;
  }

  set href(value: unknown) {
    const record = parseUrl(this.#take(value, 'href'));
    if (record === null) throw new TypeErrorCtor('Invalid URL string.');
    this.#record = record;
    if (this.#params !== undefined) setLinkedQuery(this.#params, record.query);
  }

  get origin(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return serializeOrigin(this.#record);
  }

  get protocol(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return `${this.#record.scheme}:`;
  }

  set protocol(value: unknown) {
    const text = this.#take(value, 'protocol');
    setScheme(this.#record, text);
  }

  get username(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return this.#record.username;
  }

  set username(value: unknown) {
    const text = this.#take(value, 'username');
    const record = this.#record;
    if (!cannotHaveCredentials(record)) record.username = percentEncode(text, USERINFO);
  }

  get password(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return this.#record.password;
  }

  set password(value: unknown) {
    const text = this.#take(value, 'password');
    const record = this.#record;
    if (!cannotHaveCredentials(record)) record.password = percentEncode(text, USERINFO);
  }

  get host(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return serializeHost(this.#record);
  }

  set host(value: unknown) {
    const text = this.#take(value, 'host');
    const record = this.#record;
    if (!record.isOpaque) setHost(record, text, false);
  }

  get hostname(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return this.#record.host ?? '';
  }

  set hostname(value: unknown) {
    const text = this.#take(value, 'hostname');
    const record = this.#record;
    if (!record.isOpaque) setHost(record, text, true);
  }

  get port(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return this.#record.port === null ? '' : `${this.#record.port}`;
  }

  set port(value: unknown) {
    const text = this.#take(value, 'port');
    const record = this.#record;
    if (!cannotHaveCredentials(record)) setPort(record, text);
  }

  get pathname(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return serializePath(this.#record);
  }

  set pathname(value: unknown) {
    const text = this.#take(value, 'pathname');
    const record = this.#record;
    if (!record.isOpaque) setPath(record, text);
  }

  get search(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    const { query } = this.#record;
    return query === null || query === '' ? '' : `?${query}`;
  }

  set search(value: unknown) {
    const text = this.#take(value, 'search');
    const record = this.#record;
    setQuery(record, text);
    if (this.#params !== undefined) setLinkedQuery(this.#params, record.query);
  }

  get searchParams(): URLSearchParams {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    return (this.#params ??= createLinkedParams(this.#record.query, () => {
      const query = serializeSearchParams(this.#params as URLSearchParams);
      this.#record.query = query === '' ? null : query;
      this.#href = '';
    }));
  }

  get hash(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    const { fragment } = this.#record;
    return fragment === null || fragment === '' ? '' : `#${fragment}`;
  }

  set hash(value: unknown) {
    const text = this.#take(value, 'hash');
    setFragment(this.#record, text);
  }

  toString(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    if (this.#href === '') this.#href = serializeUrl(this.#record);
    return this.#href;
  }

  toJSON(): string {
    if (!isObject(this) || !(#record in this)) throw illegalInvocation();
    if (this.#href === '') this.#href = serializeUrl(this.#record);
    return this.#href;
  }

  /** A setter's argument. The serialisation is forgotten after the conversion, which may run tenant code that asks for it. */
  #take(value: unknown, attribute: string): string {
    const text = USVString(value, argument(attribute, NAME, 1));
    this.#href = '';
    return text;
  }
}

/** The brand check. */
export const isURL: (value: unknown) => value is URL = isBranded;

defineInterface(URL, NAME);
