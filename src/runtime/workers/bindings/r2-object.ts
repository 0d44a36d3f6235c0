/**
 * Objects of R2: HeadResult and GetResult, as workerd calls R2Object and R2ObjectBody.
 *
 * What is known of an object are own properties that cannot be set, as in workerd: they show in JSON and in a spread.
 * @see https://developers.cloudflare.com/r2/api/workers/workers-api-reference/#r2object-definition
 */
import type { R2HttpMetadata, R2Metadata } from '../../../protocol/r2.ts';
import { DateCtor, DatePrototypeToUTCString, ObjectDefineProperty, ObjectKeys, TypeErrorCtor, uncurryThis } from '../../primordials.ts';
import type { Body } from '../../web/body.ts';
import { defineBodyMixin } from '../../web/body-consume.ts';
import { Headers, isHeaders } from '../../web/headers.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import { bytesOfHex, wrongArgument } from './r2-options.ts';

const INTERNAL = Symbol('internal');
const HeadersPrototypeSet = uncurryThis(Headers.prototype.set);

/** Gives an object properties that cannot be set. */
export function defineReadOnly(object: object, values: Readonly<Record<string, unknown>>): void {
  const names = ObjectKeys(values);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    // Without a prototype, so that nobody's Object.prototype makes it something else.
    const descriptor = { __proto__: null, value: values[name], enumerable: true, configurable: true, writable: false } as PropertyDescriptor;
    ObjectDefineProperty(object, name, descriptor);
  }
}

class Checksums {
  readonly #hex: R2Metadata['checksums'];

  constructor(token: unknown, hex: R2Metadata['checksums']) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#hex = hex;
    const bytes = (text: string | undefined): ArrayBuffer | undefined => (text === undefined ? undefined : bytesOfHex(text));
    defineReadOnly(this, { md5: bytes(hex.md5), sha1: bytes(hex.sha1), sha256: bytes(hex.sha256), sha384: bytes(hex.sha384), sha512: bytes(hex.sha512) });
  }

  toJSON(): Record<string, string> {
    if (!isObject(this) || !(#hex in this)) throw illegalInvocation();
    const result: Record<string, string> = {};
    const names = ObjectKeys(this.#hex) as (keyof R2Metadata['checksums'])[];
    for (let i = 0; i < names.length; i++) result[names[i] as string] = this.#hex[names[i] as 'md5'] as string;
    return result;
  }
}
defineInterface(Checksums, 'Checksums');

const DATE_MEMBER = 'cacheExpiry';

/** As the app sees it: with a Date. */
const shownHttp = (http: R2HttpMetadata | undefined): Record<string, unknown> | undefined => {
  if (http?.cacheExpiry === undefined) return http;
  return { ...http, [DATE_MEMBER]: new DateCtor(http.cacheExpiry) };
};

let contentTypeOf: (self: unknown) => string | null;

export class HeadResult {
  readonly #metadata: R2Metadata;

  constructor(token: unknown, metadata: R2Metadata) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#metadata = metadata;
    const { key, version, size, etag, checksums, uploaded, http, custom, range, storageClass, ssecKeyMd5 } = metadata;
    defineReadOnly(this, {
      key,
      version,
      size,
      etag,
      httpEtag: `"${etag}"`,
      checksums: new Checksums(INTERNAL, checksums),
      uploaded: new DateCtor(uploaded),
      httpMetadata: shownHttp(http),
      customMetadata: custom,
      range,
      storageClass,
      ssecKeyMd5,
    });
  }

  /** Sets the headers that the object's httpMetadata says. */
  writeHttpMetadata(headers: unknown): void {
    if (!isObject(this) || !(#metadata in this)) throw illegalInvocation();
    if (!isHeaders(headers)) throw wrongArgument('writeHttpMetadata', 1, 'Headers', 'HeadResult');
    const { http, key } = this.#metadata;
    if (http === undefined)
      throw new TypeErrorCtor(`HTTP metadata unknown for key \`${key}\`. Did you forget to add 'httpMetadata' to \`include\` when listing?`);
    const set = (name: string, value: string | undefined): void => {
      if (value !== undefined) HeadersPrototypeSet(headers, name, value);
    };
    set('content-type', http.contentType);
    set('content-language', http.contentLanguage);
    set('content-disposition', http.contentDisposition);
    set('content-encoding', http.contentEncoding);
    set('cache-control', http.cacheControl);
    if (http.cacheExpiry !== undefined) set('expires', DatePrototypeToUTCString(new DateCtor(http.cacheExpiry)));
  }

  static {
    contentTypeOf = (self) => (self as HeadResult).#metadata.http?.contentType ?? null;
  }
}
defineInterface(HeadResult, 'HeadResult');

let bodyOf: (self: unknown) => Body;

export class GetResult extends HeadResult {
  readonly #body: Body;

  constructor(token: unknown, metadata: R2Metadata, body: Body) {
    super(token, metadata);
    this.#body = body;
  }

  static {
    bodyOf = (self) => {
      if (typeof self !== 'object' || self === null || !(#body in self)) throw illegalInvocation();
      return self.#body;
    };
  }
}
defineBodyMixin(GetResult, bodyOf, contentTypeOf);
// An object of R2 is no form.
delete (GetResult.prototype as unknown as Record<string, unknown>)['formData'];
defineInterface(GetResult, 'GetResult');

export function newHead(metadata: R2Metadata): HeadResult {
  return new HeadResult(INTERNAL, metadata);
}

export function newObject(metadata: R2Metadata, body: Body): GetResult {
  return new GetResult(INTERNAL, metadata, body);
}
