/**
 * A body, in the cheapest form it can be kept in: a string, bytes, the number of a host body, or a stream.
 *
 * Contract, binding on changes to this file: the ReadableStream exists only once somebody touched `body`. As long
 * as that stream is neither disturbed nor locked, the simple form stands for it and whoever consumes the body
 * takes the simple form and seals the stream. A host body's bytes enter the isolate only when asked for.
 *
 * @see https://fetch.spec.whatwg.org/#bodies
 */
import { BodyKind, Post, Request as RequestOp } from '../../protocol/ops.ts';
import { post, request } from '../bridge.ts';
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  PromisePrototypeThen,
  StringPrototypeToWellFormed,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypeErrorCtor,
  Uint8ArrayCtor,
  WeakMapCtor,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} from '../primordials.ts';
import { USVString, bufferSource, isArrayBuffer, isObject, viewBuffer } from '../webidl.ts';
import { blobBytes, blobType, isBlob } from './blob.ts';
import { encodeUtf8 } from './encoding/utf8.ts';
import { isFormData } from './form-data.ts';
import { serializeFormData } from './multipart.ts';
import {
  type ReadableStream,
  isReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  pullStream,
  proxyStream,
  readableStreamErrorController,
  readableStreamTee,
  sealStream,
} from './body-stream.ts';
import { isURLSearchParams, serializeSearchParams } from './url/search-params.ts';

/** The tie between a host body and the fetch that brought it, which may yet be aborted. */
export type SourceLink = {
  /** Why the fetch was aborted. */
  failure: { reason: unknown } | undefined;
  /** Told when the fetch is aborted: whoever is reading. */
  onFailure: ((reason: unknown) => void) | undefined;
  /** To be called when the body has been read to its end. */
  release: () => void;
};

export type Body = {
  kind: number;
  value: string | Uint8Array<ArrayBuffer> | number | undefined;
  /** The content type it brings along. */
  type: string | undefined;
  stream: ReadableStream | undefined;
  used: boolean;
  /** The bytes are not ours alone: copy before giving them away. Where there is an origin, its word counts. */
  shared: boolean;
  /** The body whose lazily made stream this one was given. */
  origin: Body | undefined;
  link: SourceLink | undefined;
};

const newBody = (kind: number, value: Body['value'], type?: string, shared = false): Body => ({
  kind,
  value,
  type,
  stream: undefined,
  used: false,
  shared,
  origin: undefined,
  link: undefined,
});

/** A body of text. */
export function textBody(text: string, type: string | undefined): Body {
  return newBody(BodyKind.text, text, type);
}

/** A body of bytes that are nobody else's. */
export function bytesBody(bytes: Uint8Array<ArrayBuffer>, type: string | undefined): Body {
  return newBody(BodyKind.bytes, bytes, type);
}

/** A body that lives on the host. */
export function sourceBody(source: number, link: SourceLink | undefined): Body {
  const body = newBody(BodyKind.source, source);
  body.link = link;
  return body;
}

function streamBody(stream: ReadableStream): Body {
  const body = newBody(BodyKind.stream, undefined);
  body.stream = stream;
  return body;
}

/** Streams that `openStream` made, and the bodies they stand for. */
const origins = new WeakMapCtor<ReadableStream, Body>();

/** The bytes of an ArrayBuffer or view, copied. */
export function copyBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  // A constructor, because `slice` asks the (patchable) species of its receiver.
  return new Uint8ArrayCtor(asBytes(value));
}

/** The bytes of an ArrayBuffer or view, in place. */
export function asBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (!ArrayBufferIsView(value)) return new Uint8ArrayCtor(value);
  if (TypedArrayPrototypeGetSymbolToStringTag(value) === undefined) {
    return new Uint8ArrayCtor(viewBuffer(value) as ArrayBuffer, DataViewPrototypeGetByteOffset(value), DataViewPrototypeGetByteLength(value));
  }
  return new Uint8ArrayCtor(viewBuffer(value) as ArrayBuffer, TypedArrayPrototypeGetByteOffset(value), TypedArrayPrototypeGetByteLength(value));
}

/**
 * Makes a body of a BodyInit. Anything that is not one of its types becomes a string.
 * @see https://fetch.spec.whatwg.org/#concept-bodyinit-extract
 */
export function extractBody(init: unknown, context: string): Body {
  if (typeof init === 'string') return newBody(BodyKind.text, StringPrototypeToWellFormed(init), 'text/plain;charset=UTF-8');
  if (isObject(init)) {
    if (isReadableStream(init)) {
      if (isReadableStreamDisturbed(init))
        throw new TypeErrorCtor(`${context}: this ReadableStream is disturbed (has already been read from), and cannot be used as a body.`);
      if (isReadableStreamLocked(init)) throw new TypeErrorCtor(`${context}: this ReadableStream is currently locked to a reader.`);
      const body = streamBody(init);
      const origin = WeakMapPrototypeGet(origins, init);
      if (origin !== undefined) {
        body.kind = origin.kind;
        body.value = origin.value;
        body.link = origin.link;
        body.origin = origin.origin ?? origin;
      }
      return body;
    }
    if (ArrayBufferIsView(init) || isArrayBuffer(init)) return newBody(BodyKind.bytes, copyBytes(bufferSource(init, context)));
    if (isBlob(init)) return newBody(BodyKind.bytes, blobBytes(init) as Uint8Array<ArrayBuffer>, blobType(init) || undefined, true);
    if (isFormData(init)) {
      const { body, type } = serializeFormData(init);
      return typeof body === 'string' ? textBody(body, type) : bytesBody(body, type);
    }
    if (isURLSearchParams(init)) return textBody(serializeSearchParams(init), 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  return textBody(USVString(init, context), 'text/plain;charset=UTF-8');
}

/** Has it been read from? @see https://fetch.spec.whatwg.org/#dom-body-bodyused */
export function isBodyUsed(body: Body | null): boolean {
  return body !== null && (body.used || (body.stream !== undefined && isReadableStreamDisturbed(body.stream)));
}

/** @see https://fetch.spec.whatwg.org/#body-unusable */
export function isBodyUnusable(body: Body | null): boolean {
  return body !== null && (isBodyUsed(body) || (body.stream !== undefined && isReadableStreamLocked(body.stream)));
}

/** The error for a body that cannot be read (again). */
export function unusableError(body: Body): TypeError {
  return new TypeErrorCtor(
    isBodyUsed(body)
      ? 'Body has already been used. It can only be used once. Use tee() first if you need to read it twice.'
      : 'Body is locked to a reader. Release the reader, or use tee() first if you need to read it twice.',
  );
}

/**
 * Takes the body away: from now on it is used. What `kind` and `value` say is then the caller's; for
 * BodyKind.stream the caller reads `stream`.
 */
export function takeBody(body: Body): void {
  body.used = true;
  if (body.kind === BodyKind.stream || body.stream === undefined) return;
  (body.origin ?? body).used = true;
  sealStream(body.stream);
}

/** The body's stream, made when first asked for. */
export function openStream(body: Body): ReadableStream {
  if (body.stream !== undefined) return body.stream;
  const stream = body.kind === BodyKind.source ? sourceStream(body) : bytesStream(body);
  body.stream = stream;
  if (body.used) sealStream(stream);
  else WeakMapPrototypeSet(origins, stream, body);
  return stream;
}

const bytesStream = (body: Body): ReadableStream => {
  let isDone = false;
  return pullStream(
    () => {
      if (isDone) return null;
      isDone = true;
      const bytes = simpleBytes(body);
      return bytes.length === 0 ? null : bytes;
    },
    () => undefined,
  );
};

/** The bytes of a body of text or bytes, for the caller to keep. */
export function simpleBytes(body: Body): Uint8Array<ArrayBuffer> {
  if (body.kind === BodyKind.text) return encodeUtf8(body.value as string) as Uint8Array<ArrayBuffer>;
  const bytes = body.value as Uint8Array<ArrayBuffer>;
  return (body.origin ?? body).shared || ArrayBufferPrototypeGetByteLength(bytes.buffer) !== bytes.length ? new Uint8ArrayCtor(bytes) : bytes;
}

function sourceStream(body: Body): ReadableStream {
  const { link } = body;
  const stream = pullStream(
    () =>
      PromisePrototypeThen(request(RequestOp.sourceRead, body.value), (chunk) => {
        if (chunk !== null && chunk !== undefined) return asBytes(chunk as Uint8Array);
        link?.release();
        return null;
      }),
    () => {
      // A sealed stream's body went elsewhere.
      if (body.used) return;
      link?.release();
      post(Post.sourceCancel, body.value);
    },
  );
  if (link?.failure !== undefined) readableStreamErrorController(stream, link.failure.reason);
  else if (link !== undefined) link.onFailure = (reason) => readableStreamErrorController(stream, reason);
  return stream;
}

/**
 * A second body with the same content. Text and bytes are shared, anything else is teed.
 * @see https://fetch.spec.whatwg.org/#concept-body-clone
 */
export function cloneBody(body: Body): Body {
  if (body.kind === BodyKind.text || body.kind === BodyKind.bytes) {
    (body.origin ?? body).shared = true;
    return newBody(body.kind, body.value, body.type, true);
  }
  const branches = readableStreamTee(openStream(body), true);
  body.kind = BodyKind.stream;
  body.stream = branches[0];
  body.origin = undefined;
  return streamBody(branches[1]);
}

/**
 * The body of a request made from another, whose own body is used from then on.
 * @see https://fetch.spec.whatwg.org/#dom-request (step 42, "create a proxy")
 */
export function transferBody(body: Body): Body {
  if (body.kind !== BodyKind.stream) {
    const moved = newBody(body.kind, body.value, body.type, (body.origin ?? body).shared);
    moved.link = body.link;
    takeBody(body);
    return moved;
  }
  const moved = streamBody(proxyStream(openStream(body)));
  body.used = true;
  return moved;
}
