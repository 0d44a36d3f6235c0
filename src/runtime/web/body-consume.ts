/**
 * Consuming bodies, and the members that Request and Response share.
 * @see https://fetch.spec.whatwg.org/#body-mixin
 */
import { BodyKind, Request as RequestOp } from '../../protocol/ops.ts';
import { request } from '../bridge.ts';
import {
  JSONParse,
  ObjectDefineProperties,
  ObjectGetOwnPropertyDescriptors,
  PromiseCtor,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  TypeErrorCtor,
  TypedArrayPrototypeGetBuffer,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { type Blob, createBlob } from './blob.ts';
import { type Body, isBodyUnusable, isBodyUsed, openStream, simpleBytes, takeBody, unusableError } from './body.ts';
import { type ReadableStream, readAll } from './body-stream.ts';
import { decodeUtf8 } from './encoding/utf8.ts';
import { FormData, appendFormDataEntry } from './form-data.ts';
import { essence, extractMimeType, serializeMimeType } from './mime-type.ts';
import { parseMultipart } from './multipart.ts';
import { parseUrlEncoded } from './url/search-params.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads a host body in one piece; fails at once when its fetch is aborted. */
function readSource<T>(body: Body, op: typeof RequestOp.sourceText | typeof RequestOp.sourceBytes): Promise<T> {
  const { link } = body;
  if (link === undefined) return request(op, body.value) as Promise<T>;
  if (link.failure !== undefined) return PromiseReject(link.failure.reason);
  return new PromiseCtor<T>((resolve, reject) => {
    link.onFailure = reject;
    PromisePrototypeThen(
      request(op, body.value) as Promise<T>,
      (value) => {
        link.release();
        resolve(value as T);
      },
      reject,
    );
  });
}

/** The whole body as text: UTF-8 decoded, without a byte order mark. */
export function consumeText(body: Body | null): Promise<string> {
  if (body === null) return PromiseResolve('');
  if (isBodyUnusable(body)) return PromiseReject(unusableError(body));
  takeBody(body);
  if (body.kind === BodyKind.text) {
    const text = body.value as string;
    return PromiseResolve(StringPrototypeCharCodeAt(text, 0) === 0xfeff ? StringPrototypeSlice(text, 1) : text);
  }
  if (body.kind === BodyKind.source) return readSource<string>(body, RequestOp.sourceText);
  if (body.kind === BodyKind.bytes) return PromiseResolve(decodeUtf8(body.value as Bytes));
  return PromisePrototypeThen(readAll(body.stream as ReadableStream), (bytes) => decodeUtf8(bytes));
}

/** The whole body as bytes, which are the caller's to keep and are alone in their buffer. */
export function consumeBytes(body: Body | null): Promise<Bytes> {
  if (body === null) return PromiseResolve(new Uint8ArrayCtor(0)) as Promise<Bytes>;
  if (isBodyUnusable(body)) return PromiseReject(unusableError(body));
  takeBody(body);
  if (body.kind === BodyKind.source) {
    return PromisePrototypeThen(readSource<ArrayBuffer>(body, RequestOp.sourceBytes), (buffer) => new Uint8ArrayCtor(buffer)) as Promise<Bytes>;
  }
  if (body.kind === BodyKind.stream) return readAll(body.stream as ReadableStream);
  return PromiseResolve(simpleBytes(body)) as Promise<Bytes>;
}

const bufferOf = (bytes: Bytes): ArrayBuffer => TypedArrayPrototypeGetBuffer(bytes) as ArrayBuffer;

const parseJson = (text: string): unknown => JSONParse(text);

/** @see https://fetch.spec.whatwg.org/#dom-body-formdata */
function consumeFormData(body: Body | null, contentType: string | null): Promise<FormData> {
  const mimeType = extractMimeType(contentType);
  const name = mimeType === null ? '' : essence(mimeType);
  if (mimeType !== null && name === 'multipart/form-data') {
    return PromisePrototypeThen(consumeBytes(body), (bytes) => {
      const formData = parseMultipart(bytes, mimeType);
      if (formData === null) throw new TypeErrorCtor('Failed to parse the body as multipart/form-data: it is malformed, or its content type has no boundary.');
      return formData;
    });
  }
  if (name === 'application/x-www-form-urlencoded') {
    return PromisePrototypeThen(consumeBytes(body), (bytes) => {
      const formData = new FormData();
      const pairs = parseUrlEncoded(bytes);
      for (let i = 0; i < pairs.length; i++) appendFormDataEntry(formData, (pairs[i] as [string, string])[0], (pairs[i] as [string, string])[1]);
      return formData;
    });
  }
  // The specification consumes the body before it looks at the type.
  return PromisePrototypeThen(consumeBytes(body), () => {
    throw new TypeErrorCtor(
      `Unrecognized Content-Type header value. FormData can only parse the following MIME types: multipart/form-data, application/x-www-form-urlencoded${contentType === null ? '' : ` (received: ${contentType})`}.`,
    );
  });
}

/**
 * Gives an interface the members of the Body mixin. Call before `defineInterface`.
 * @param bodyOf the body of a branded object; throws for any other
 * @param contentTypeOf its combined `content-type`
 */
export function defineBodyMixin(constructor: { prototype: object }, bodyOf: (self: unknown) => Body | null, contentTypeOf: (self: unknown) => string | null): void {
  const consume = <T>(self: unknown, steps: (body: Body | null) => Promise<T>): Promise<T> => {
    try {
      return steps(bodyOf(self));
    } catch (error) {
      return PromiseReject(error);
    }
  };
  const members = {
    get body(): ReadableStream | null {
      const body = bodyOf(this);
      return body === null ? null : openStream(body);
    },
    get bodyUsed(): boolean {
      return isBodyUsed(bodyOf(this));
    },
    arrayBuffer(): Promise<ArrayBuffer> {
      return consume(this, (body) => PromisePrototypeThen(consumeBytes(body), bufferOf));
    },
    blob(): Promise<Blob> {
      return consume(this, (body) => {
        const mimeType = extractMimeType(contentTypeOf(this));
        return PromisePrototypeThen(consumeBytes(body), (bytes) => createBlob(bytes, mimeType === null ? '' : serializeMimeType(mimeType)));
      });
    },
    bytes(): Promise<Bytes> {
      return consume(this, consumeBytes);
    },
    formData(): Promise<FormData> {
      return consume(this, (body) => consumeFormData(body, contentTypeOf(this)));
    },
    json(): Promise<unknown> {
      return consume(this, (body) => PromisePrototypeThen(consumeText(body), parseJson));
    },
    text(): Promise<string> {
      return consume(this, consumeText);
    },
  };
  ObjectDefineProperties(constructor.prototype, ObjectGetOwnPropertyDescriptors(members));
}
