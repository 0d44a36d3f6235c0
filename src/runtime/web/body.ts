/**
 * A body, in the cheapest form it can be kept in: a string, bytes, the number of a host body, or a stream.
 *
 * Contract, binding on changes to this file: the ReadableStream exists only once somebody touched `body`. As long
 * as that stream is neither disturbed nor locked, the simple form stands for it and whoever consumes the body
 * takes the simple form and seals the stream. A host body's bytes enter the isolate only when asked for.
 *
 * @see https://fetch.spec.whatwg.org/#bodies
 */
import { BodyKind } from '../../protocol/ops.ts';
import { differs } from '../compat.ts';
import { chunk, peek } from '../link.ts';
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  StringPrototypeToWellFormed,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { USVString, bufferSource, isArrayBuffer, isObject, viewBuffer } from '../webidl.ts';
import type { ReadableStream } from './streams/readable-stream.ts';

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

/** A body that nobody has read. */
export const newBody = (kind: number, value: Body['value'], type?: string, shared = false): Body => ({
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

/** The bytes of an ArrayBuffer or view, copied. */
export function copyBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  // A constructor, because `slice` asks the (patchable) species of its receiver.
  return new Uint8ArrayCtor(asBytes(value));
}

/** The bytes of an ArrayBuffer or view, in place; of shared memory a copy, because the host must not see it. */
export function asBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (!ArrayBufferIsView(value)) return new Uint8ArrayCtor(value);
  const buffer = viewBuffer(value) as ArrayBuffer;
  const bytes =
    TypedArrayPrototypeGetSymbolToStringTag(value) === undefined
      ? new Uint8ArrayCtor(buffer, DataViewPrototypeGetByteOffset(value), DataViewPrototypeGetByteLength(value))
      : new Uint8ArrayCtor(buffer, TypedArrayPrototypeGetByteOffset(value), TypedArrayPrototypeGetByteLength(value));
  return isArrayBuffer(buffer) ? bytes : new Uint8ArrayCtor(bytes);
}

/**
 * Makes a body of a BodyInit. Anything that is not one of its types becomes a string.
 * @see https://fetch.spec.whatwg.org/#concept-bodyinit-extract
 */
export function extractBody(init: unknown, context: string): Body {
  if (typeof init === 'string') return newBody(BodyKind.text, StringPrototypeToWellFormed(init), 'text/plain;charset=UTF-8');
  if (isObject(init)) {
    // A chunk that is not loaded has made no object.
    const body = peek('streams')?.bodyOfStream(init, context) ?? peek('forms')?.bodyOfForm(init) ?? peek('url')?.bodyOfSearchParams(init);
    if (body !== undefined) return body;
    if (ArrayBufferIsView(init) || isArrayBuffer(init)) return newBody(BodyKind.bytes, copyBytes(bufferSource(init, context)));
    const iterated = differs('fetch_iterable_type_support') ? undefined : chunk('streams').bodyOfIterable(init);
    if (iterated !== undefined) return iterated;
  }
  return textBody(USVString(init, context), 'text/plain;charset=UTF-8');
}

/** A BodyInit member, extracted at once: nothing can be seen of the body in between. */
export function bodyInit(value: unknown, context: string): Body | null {
  return value === null || value === undefined ? null : extractBody(value, context);
}

/** Has it been read from? @see https://fetch.spec.whatwg.org/#dom-body-bodyused */
export function isBodyUsed(body: Body | null): boolean {
  return body !== null && (body.used || (body.stream !== undefined && chunk('streams').isReadableStreamDisturbed(body.stream)));
}

/** @see https://fetch.spec.whatwg.org/#body-unusable */
export function isBodyUnusable(body: Body | null): boolean {
  return body !== null && (isBodyUsed(body) || (body.stream !== undefined && chunk('streams').isReadableStreamLocked(body.stream)));
}

/** The error for a body that cannot be read (again). */
export function unusableError(body: Body): TypeError {
  return new TypeErrorCtor(
    isBodyUsed(body)
      ? 'Body has already been used. It can only be used once. Use tee() first if you need to read it twice.'
      : 'This ReadableStream is currently locked to a reader.',
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
  chunk('streams').sealStream(body.stream);
}

/** The bytes of a body of text or bytes, for the caller to keep. */
export function simpleBytes(body: Body): Uint8Array<ArrayBuffer> {
  if (body.kind === BodyKind.text) return chunk('base').encodeUtf8(body.value as string) as Uint8Array<ArrayBuffer>;
  const bytes = body.value as Uint8Array<ArrayBuffer>;
  return (body.origin ?? body).shared || ArrayBufferPrototypeGetByteLength(bytes.buffer) !== bytes.length ? new Uint8ArrayCtor(bytes) : bytes;
}
