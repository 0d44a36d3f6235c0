/**
 * Consuming bodies, and the members that Request and Response share.
 * @see https://fetch.spec.whatwg.org/#body-mixin
 */
import { BodyKind, Request as RequestOp } from '../../protocol/ops.ts';
import { request } from '../bridge.ts';
import { chunk } from '../link.ts';
import {
  JSONParse,
  ObjectDefineProperties,
  ObjectGetOwnPropertyDescriptors,
  PromiseCtor,
  PromisePrototypeThen,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  TypedArrayPrototypeGetBuffer,
  Uint8ArrayCtor,
} from '../primordials.ts';
import type { Blob } from './blob.ts';
import { type Body, isBodyUnusable, isBodyUsed, simpleBytes, takeBody, unusableError } from './body.ts';
import type { FormData } from './form-data.ts';
import type { ReadableStream } from './streams/readable-stream.ts';

type Bytes = Uint8Array<ArrayBuffer>;

type Done<T> = (value: T) => void;
type Fail = (reason: unknown) => void;
/** Consumes a body and calls exactly one of the two. */
type Read<T> = (body: Body | null, done: Done<T>, fail: Fail) => void;

/** Reads a host body in one piece; fails at once when its fetch is aborted. */
function readSource<T>(body: Body, op: typeof RequestOp.sourceText | typeof RequestOp.sourceBytes, done: Done<T>, fail: Fail): void {
  const { link } = body;
  if (link?.failure !== undefined) return fail(link.failure.reason);
  if (link !== undefined) link.onFailure = fail;
  PromisePrototypeThen(
    request(op, body.value) as Promise<T>,
    (value) => {
      link?.release();
      done(value);
    },
    fail,
  );
}

/** Marks a body as used; false, and the failure, where it cannot be. */
function take(body: Body, fail: Fail): boolean {
  if (isBodyUnusable(body)) {
    fail(unusableError(body));
    return false;
  }
  takeBody(body);
  return true;
}

/** The whole body as text: UTF-8 decoded, without a byte order mark. */
const readText: Read<string> = (body, done, fail) => {
  if (body === null) return done('');
  if (!take(body, fail)) return;
  if (body.kind === BodyKind.text) {
    const text = body.value as string;
    done(StringPrototypeCharCodeAt(text, 0) === 0xfeff ? StringPrototypeSlice(text, 1) : text);
  } else if (body.kind === BodyKind.source) readSource<string>(body, RequestOp.sourceText, done, fail);
  else if (body.kind === BodyKind.bytes) done(chunk('base').decodeUtf8(body.value as Bytes));
  else chunk('streams').readAll(body.stream as ReadableStream, (bytes) => done(chunk('base').decodeUtf8(bytes)), fail);
};

/** The whole body as bytes, which are the caller's to keep and are alone in their buffer. */
export const readBytes: Read<Bytes> = (body, done, fail) => {
  if (body === null) return done(new Uint8ArrayCtor(0));
  if (!take(body, fail)) return;
  if (body.kind === BodyKind.source) readSource<ArrayBuffer>(body, RequestOp.sourceBytes, (buffer) => done(new Uint8ArrayCtor(buffer)), fail);
  else if (body.kind === BodyKind.stream) chunk('streams').readAll(body.stream as ReadableStream, done, fail);
  else done(simpleBytes(body));
};

const same = <T>(value: T): T => value;
const bufferOf = (bytes: Bytes): ArrayBuffer => TypedArrayPrototypeGetBuffer(bytes) as ArrayBuffer;
const parseJson = (text: string): unknown => JSONParse(text);

/**
 * Gives an interface the members of the Body mixin. Call before `defineInterface`.
 * @param bodyOf the body of a branded object; throws for any other
 * @param contentTypeOf its combined `content-type`
 */
export function defineBodyMixin(
  constructor: { prototype: object },
  bodyOf: (self: unknown) => Body | null,
  contentTypeOf: (self: unknown) => string | null,
): void {
  const consume = <T, U>(self: unknown, read: Read<T>, convert: (value: T) => U): Promise<U> =>
    // What the executor throws rejects the promise, as it must for a receiver of another kind.
    new PromiseCtor<U>((resolve, reject) => {
      const done = (value: T): void => {
        try {
          resolve(convert(value));
        } catch (error) {
          reject(error);
        }
      };
      read(bodyOf(self), done, reject);
    });
  const members = {
    get body(): ReadableStream | null {
      const body = bodyOf(this);
      return body === null ? null : chunk('streams').openStream(body);
    },
    get bodyUsed(): boolean {
      return isBodyUsed(bodyOf(this));
    },
    arrayBuffer(): Promise<ArrayBuffer> {
      return consume(this, readBytes, bufferOf);
    },
    blob(): Promise<Blob> {
      return consume(this, readBytes, (bytes) => chunk('forms').blobOfBody(bytes, contentTypeOf(this)));
    },
    bytes(): Promise<Bytes> {
      return consume(this, readBytes, same);
    },
    formData(): Promise<FormData> {
      return consume(this, readBytes, (bytes) => chunk('forms').formDataOfBody(bytes, contentTypeOf(this)));
    },
    json(): Promise<unknown> {
      return consume(this, readText, parseJson);
    },
    text(): Promise<string> {
      return consume(this, readText, same);
    },
  };
  ObjectDefineProperties(constructor.prototype, ObjectGetOwnPropertyDescriptors(members));
}
