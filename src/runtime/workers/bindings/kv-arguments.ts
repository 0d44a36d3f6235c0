/** The arguments of KvNamespace's methods, converted as workerd converts them. */
import { BodyKind } from '../../../protocol/ops.ts';
import { chunk, peek } from '../../link.ts';
import {
  ArrayBufferIsView,
  ErrorCtor,
  JSONStringify,
  PromiseReject,
  StringPrototypeIsWellFormed,
  StringPrototypeToWellFormed,
  TypeErrorCtor,
} from '../../primordials.ts';
import { type Body, copyBytes, newBody } from '../../web/body.ts';
import { isArrayBuffer, isObject } from '../../webidl.ts';
import { int32 } from './int32.ts';

const MOST_KEY_BYTES = 512;
const NO_VALUE = 'KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.';

/** The error for an argument of the wrong type. */
export function notOfType(method: string, parameter: number, type: string): TypeError {
  return new TypeErrorCtor(`Failed to execute '${method}' on 'KvNamespace': parameter ${parameter} is not of type '${type}'.`);
}

/** ToString, which a symbol does not have. */
export function text(value: unknown): string {
  return `${value as string}`;
}

const optionalInt = (value: unknown): number | undefined => (value === undefined ? undefined : int32(value));

const optionalText = (value: unknown): string | undefined => (value === undefined || value === null ? undefined : text(value));

/** @throws TypeError or Error with the words of Cloudflare */
export function checkKey(operation: string, key: string): void {
  if (key === '') throw new TypeErrorCtor('Key name cannot be empty.');
  if (key === '.' || key === '..') throw new TypeErrorCtor(`"${key}" is not allowed as a key name.`);
  if (key.length * 3 > MOST_KEY_BYTES) {
    const { length } = chunk('base').encodeUtf8(key);
    if (length > MOST_KEY_BYTES)
      throw new ErrorCtor(`KV ${operation} failed: 414 UTF-8 encoded length of ${length} exceeds key length limit of ${MOST_KEY_BYTES}.`);
  }
}

/** The call to make for a key; not for half a character, which workerd notices a little later than the rest. */
export function withKey(operation: string, key: string, call: () => Promise<unknown>): Promise<unknown> {
  return StringPrototypeIsWellFormed(key) ? call() : PromiseReject(new ErrorCtor(`KV ${operation} failed: 400 Could not URL-decode key name`));
}

export type GetOptions = { type: string | undefined; cacheTtl: number | undefined };

/** The second argument of get: a type, or an object. */
export function getOptions(value: unknown): GetOptions {
  if (value === undefined || value === null) return { type: undefined, cacheTtl: undefined };
  if (!isObject(value)) return { type: text(value), cacheTtl: undefined };
  const { type, cacheTtl } = value as Record<string, unknown>;
  return { type: type === undefined ? undefined : text(type), cacheTtl: optionalInt(cacheTtl) };
}

export type PutOptions = { expiration: number | undefined; expirationTtl: number | undefined; metadata: unknown };

export function putOptions(value: unknown): PutOptions {
  if (value === undefined || value === null) return { expiration: undefined, expirationTtl: undefined, metadata: undefined };
  if (!isObject(value)) throw notOfType('put', 3, 'PutOptions');
  const { expiration, expirationTtl, metadata } = value as Record<string, unknown>;
  return { expiration: optionalInt(expiration), expirationTtl: optionalInt(expirationTtl), metadata };
}

/** Metadata as JSON text, if there is any. */
export function metadataText(metadata: unknown): string | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  const json = JSONStringify(metadata) as string | undefined;
  // A function, for one, has no JSON.
  if (json === undefined) throw new ErrorCtor('KV PUT failed: 500 Internal Server Error');
  return json;
}

export type ListOptions = { limit: number | undefined; prefix: string | undefined; cursor: string | undefined };

export function listOptions(value: unknown): ListOptions {
  if (value === undefined || value === null) return { limit: undefined, prefix: undefined, cursor: undefined };
  if (!isObject(value)) throw notOfType('list', 1, 'ListOptions');
  const { limit, prefix, cursor } = value as Record<string, unknown>;
  const most = optionalInt(limit);
  return { limit: most !== undefined && most > 0 ? most : undefined, prefix: optionalText(prefix), cursor: optionalText(cursor) };
}

/** A value to put. What is no object is text. */
export function valueBody(value: string | object): Body {
  if (typeof value === 'string') return newBody(BodyKind.text, StringPrototypeToWellFormed(value));
  if (ArrayBufferIsView(value) || isArrayBuffer(value)) return newBody(BodyKind.bytes, copyBytes(value));
  let stream: Body | undefined;
  try {
    stream = peek('streams')?.bodyOfStream(value, 'value');
  } catch {
    throw new TypeErrorCtor('The ReadableStream has been locked to a reader.');
  }
  if (stream === undefined) throw new TypeErrorCtor(NO_VALUE);
  return stream;
}
