/** R2Bucket. @see https://developers.cloudflare.com/r2/api/workers/workers-api-reference/ */
import { jsonText } from '../../json-text.ts';
import { BodyKind } from '../../../protocol/ops.ts';
import type { R2Metadata } from '../../../protocol/r2.ts';
import { chunk, peek } from '../../link.ts';
import { ArrayBufferIsView, ArrayIsArray, ArrayPrototypePush, JSONParse, PromisePrototypeThen, StringCtor, TypeErrorCtor } from '../../primordials.ts';
import { type Body, asBytes, copyBytes, extractBody, newBody } from '../../web/body.ts';
import type { ReadableStream } from '../../web/streams/readable-stream.ts';
import { defineInterface, illegalConstructor, isArrayBuffer, isObject } from '../../webidl.ts';
import { callBinding, callBindingWithBody } from './call.ts';
import { defineReadOnly, type HeadResult, newHead, newObject } from './r2-object.ts';
import { conditions, customerKey, customMetadata, expectedHash, httpMetadata, listOptions, optionsOf, range, text, wrongArgument } from './r2-options.ts';

const INTERNAL = Symbol('internal');

const parse = (text: unknown): R2Metadata => JSONParse(text as string) as R2Metadata;
const headOrNull = (text: unknown): HeadResult | null => (text === null || text === undefined ? null : newHead(parse(text)));

/** The word for what may be stored, of workerd's own type of streams. */
const VALUE = 'JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob';

/** What is to be stored; null is nothing, that is no bytes. */
const valueOf = (value: unknown, method: string, type: string): Body | null => {
  if (value === null || value === undefined) return null;
  const isBody =
    typeof value === 'string' ||
    ArrayBufferIsView(value) ||
    isArrayBuffer(value) ||
    (isObject(value) && (peek('forms')?.isBlob(value) || peek('streams')?.isReadableStream(value)));
  if (!isBody) throw wrongArgument(method, 2, VALUE, type);
  const body = ArrayBufferIsView(value) ? newBody(BodyKind.bytes, copyBytes(value)) : extractBody(value, method);
  if (body.kind === BodyKind.stream && chunk('streams').knownLengthOf(body.stream as ReadableStream) === undefined)
    throw new TypeErrorCtor('Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)');
  return body;
};

/** A promise of what `work` comes to, as workerd's methods are: what is wrong with arguments rejects. */
const promised = async <T>(work: () => T | Promise<T>): Promise<T> => await work();

class R2Bucket {
  readonly #index: number;

  constructor(token: unknown, index: number) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#index = index;
  }

  head(key: unknown): Promise<unknown> {
    return promised(() => {
      if (arguments.length < 1) throw wrongArgument('head', 1, 'string');
      return PromisePrototypeThen(callBinding(this.#index, 'head', text(key)), headOrNull);
    });
  }

  get(key: unknown, options: unknown = undefined): Promise<unknown> {
    return promised(() => {
      if (arguments.length < 1) throw wrongArgument('get', 1, 'string');
      const given = optionsOf(options, 'get', 2, 'GetOptions');
      const name = text(key);
      const sent =
        given === undefined
          ? undefined
          : jsonText({ onlyIf: conditions(given['onlyIf'], 'GetOptions'), range: range(given['range']), ssecKey: customerKey(given['ssecKey']) });
      return PromisePrototypeThen(callBinding(this.#index, 'get', name, sent), received);
    });
  }

  put(key: unknown, value: unknown, options: unknown = undefined): Promise<unknown> {
    return promised(() => {
      if (arguments.length < 2) throw arguments.length < 1 ? wrongArgument('put', 1, 'string') : wrongArgument('put', 2, VALUE);
      const name = text(key);
      const given = optionsOf(options, 'put', 3, 'PutOptions');
      const sent =
        given === undefined
          ? undefined
          : jsonText({
              onlyIf: conditions(given['onlyIf'], 'PutOptions'),
              custom: customMetadata(given['customMetadata'], 'PutOptions'),
              http: httpMetadata(given['httpMetadata'], 'PutOptions'),
              hash: expectedHash(given),
              storageClass: given['storageClass'] === undefined ? undefined : text(given['storageClass']),
              ssecKey: customerKey(given['ssecKey']),
            });
      const body = valueOf(value, 'put', 'R2Bucket');
      return PromisePrototypeThen(callBindingWithBody(this.#index, 'put', body, name, sent), headOrNull);
    });
  }

  delete(keys: unknown): Promise<unknown> {
    return promised(() => {
      if (arguments.length < 1) throw wrongArgument('delete', 1, 'string or Array');
      const names: string[] = [];
      if (ArrayIsArray(keys)) for (let i = 0; i < keys.length; i++) ArrayPrototypePush(names, text(keys[i]));
      else ArrayPrototypePush(names, text(keys));
      return PromisePrototypeThen(callBinding(this.#index, 'delete', jsonText(names)), () => undefined);
    });
  }

  list(options: unknown = undefined): Promise<unknown> {
    return promised(() => {
      const given = optionsOf(options, 'list', 1, 'ListOptions');
      const sent = given === undefined ? undefined : jsonText(listOptions(given));
      return PromisePrototypeThen(callBinding(this.#index, 'list', sent), listed);
    });
  }

  createMultipartUpload(key: unknown, options: unknown = undefined): Promise<unknown> {
    return promised(() => {
      if (arguments.length < 1) throw wrongArgument('createMultipartUpload', 1, 'string');
      const name = text(key);
      const given = optionsOf(options, 'createMultipartUpload', 2, 'MultipartOptions');
      const sent =
        given === undefined
          ? undefined
          : jsonText({
              custom: customMetadata(given['customMetadata'], 'MultipartOptions'),
              http: httpMetadata(given['httpMetadata'], 'MultipartOptions'),
              storageClass: given['storageClass'] === undefined ? undefined : text(given['storageClass']),
              ssecKey: customerKey(given['ssecKey']),
            });
      return PromisePrototypeThen(
        callBinding(this.#index, 'createMultipartUpload', name, sent),
        (id) => new R2MultipartUpload(INTERNAL, this.#index, name, id as string),
      );
    });
  }

  resumeMultipartUpload(key: unknown, uploadId: unknown): R2MultipartUpload {
    if (arguments.length < 2) throw wrongArgument('resumeMultipartUpload', arguments.length + 1, 'string');
    return new R2MultipartUpload(INTERNAL, this.#index, text(key), text(uploadId));
  }
}
defineInterface(R2Bucket, 'R2Bucket');

/** The object with its text, its bytes or the number of its body on the host; without either where a condition did not hold. */
const received = (reply: unknown): unknown => {
  if (reply === null || reply === undefined) return null;
  if (typeof reply === 'string') return newHead(parse(reply));
  const { 0: text, 1: value } = reply as [string, Uint8Array | string | number];
  return newObject(parse(text), bodyOf(value));
};

const bodyOf = (value: Uint8Array | string | number): Body => {
  if (typeof value === 'string') return newBody(BodyKind.text, value);
  if (typeof value === 'number') return newBody(BodyKind.source, value);
  return newBody(BodyKind.bytes, asBytes(value) as Uint8Array<ArrayBuffer>);
};

type Listed = { objects: R2Metadata[]; prefixes: string[]; truncated: boolean; cursor?: string };

const listed = (reply: unknown): Record<string, unknown> => {
  const { objects, prefixes, truncated, cursor } = JSONParse(reply as string) as Listed;
  const heads: HeadResult[] = [];
  for (let i = 0; i < objects.length; i++) ArrayPrototypePush(heads, newHead(objects[i] as R2Metadata));
  return { objects: heads, truncated, cursor, delimitedPrefixes: prefixes };
};

const partNumberOf = (value: unknown): number => {
  const number = (value as number) | 0;
  if (number < 1 || number > 10_000) throw new TypeErrorCtor(`Part number must be between 1 and 10000 (inclusive). Actual value was: ${StringCtor(number)}`);
  return number;
};

class R2MultipartUpload {
  readonly #index: number;
  readonly #key: string;
  readonly #id: string;

  constructor(token: unknown, index: number, key: string, uploadId: string) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#index = index;
    this.#key = key;
    this.#id = uploadId;
    defineReadOnly(this, { key, uploadId });
  }

  uploadPart(partNumber: unknown, value: unknown, options: unknown = undefined): Promise<unknown> {
    return promised(() => {
      if (arguments.length < 2) throw wrongArgument('uploadPart', arguments.length + 1, arguments.length < 1 ? 'integer' : VALUE, 'R2MultipartUpload');
      const number = partNumberOf(partNumber);
      const given = optionsOf(options, 'uploadPart', 3, 'UploadPartOptions');
      const secret = given === undefined ? undefined : customerKey(given['ssecKey']);
      const body = valueOf(value, 'uploadPart', 'R2MultipartUpload');
      if (body === null) throw wrongArgument('uploadPart', 2, VALUE, 'R2MultipartUpload');
      const call = callBindingWithBody(this.#index, 'uploadPart', body, this.#key, this.#id, number, secret);
      return PromisePrototypeThen(call, (etag) => ({ partNumber: number, etag }));
    });
  }

  abort(): Promise<unknown> {
    return promised(() => PromisePrototypeThen(callBinding(this.#index, 'abortMultipartUpload', this.#key, this.#id), () => undefined));
  }

  complete(uploadedParts: unknown): Promise<unknown> {
    return promised(() => {
      if (!ArrayIsArray(uploadedParts)) throw wrongArgument('complete', 1, 'Array', 'R2MultipartUpload');
      const parts: { number: number; etag: string }[] = [];
      for (let i = 0; i < uploadedParts.length; i++) {
        const part = uploadedParts[i] as { partNumber?: unknown; etag?: unknown };
        if (!isObject(part)) throw new TypeErrorCtor(`Incorrect type for array element ${i}: the provided value is not of type 'UploadedPart'.`);
        ArrayPrototypePush(parts, { number: partNumberOf(part.partNumber), etag: text(part.etag) });
      }
      return PromisePrototypeThen(callBinding(this.#index, 'completeMultipartUpload', this.#key, this.#id, jsonText(parts)), headOrNull);
    });
  }
}
defineInterface(R2MultipartUpload, 'R2MultipartUpload');

/** The object in env. */
export function bindR2(index: number): R2Bucket {
  return new R2Bucket(INTERNAL, index);
}
