/**
 * Bodies and streams: a body's stream, made when somebody touches `body`, and the body of a stream.
 * @see https://fetch.spec.whatwg.org/#bodies
 */
import { BodyKind, Post, Request as RequestOp, Sync } from '../../protocol/ops.ts';
import { callSync, post, request } from '../bridge.ts';
import { ArrayIsArray, ObjectPrototype, SymbolAsyncIterator, SymbolIterator, SymbolToPrimitive, PromisePrototypeThen, TypeErrorCtor } from '../primordials.ts';
import { type Body, asBytes, newBody, simpleBytes } from './body.ts';
import {
  type ReadableStream,
  isReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  proxyStream,
  pullStream,
  readableState,
  readableStreamErrorController,
  readableStreamTee,
  sealStream,
} from './body-stream.ts';
import { streamOfIterable } from './streams/readable-stream.ts';

function streamBody(stream: ReadableStream): Body {
  const body = newBody(BodyKind.stream, undefined);
  body.stream = stream;
  return body;
}

/** The body of a stream; undefined for anything else. @see https://fetch.spec.whatwg.org/#concept-bodyinit-extract */
export function bodyOfStream(init: object, context: string): Body | undefined {
  if (!isReadableStream(init)) return undefined;
  if (isReadableStreamDisturbed(init)) {
    throw new TypeErrorCtor(`${context}: this ReadableStream is disturbed (has already been read from), and cannot be used as a body.`);
  }
  if (isReadableStreamLocked(init)) throw new TypeErrorCtor(`${context}: this ReadableStream is currently locked to a reader.`);
  const body = streamBody(init);
  const origin = readableState(init).body as Body | undefined;
  if (origin !== undefined) {
    body.kind = origin.kind;
    body.value = origin.value;
    body.link = origin.link;
    body.origin = origin.origin ?? origin;
  }
  return body;
}

/** The body's stream, made when first asked for. */
export function openStream(body: Body): ReadableStream {
  if (body.stream !== undefined) return body.stream;
  const stream = body.kind === BodyKind.source ? sourceStream(body) : bytesStream(body);
  body.stream = stream;
  if (body.used) sealStream(stream);
  else {
    const state = readableState(stream);
    state.body = body;
    state.length = () => lengthOf(body);
  }
  return stream;
}

/** As far as the host knows it, and still has the body. */
const lengthOf = (body: Body): number | undefined => {
  if (body.kind !== BodyKind.source) return simpleBytes(body).length;
  const length = callSync(Sync.sourceLength, body.value) as number;
  return length < 0 ? undefined : length;
};

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
 * The body of an iterable, async or not; undefined for anything else. What has a way of its own to become text becomes text.
 * @see https://developers.cloudflare.com/workers/configuration/compatibility-flags/ fetch_iterable_type_support
 */
export function bodyOfIterable(init: object): Body | undefined {
  const given = init as Record<symbol, unknown>;
  let method: unknown = given[SymbolAsyncIterator];
  if (method === undefined || method === null) {
    const isPlain = ArrayIsArray(init) || (init.toString === ObjectPrototype.toString && given[SymbolToPrimitive] === undefined);
    method = isPlain ? given[SymbolIterator] : undefined;
  }
  return typeof method === 'function' ? streamBody(streamOfIterable(init)) : undefined;
}

/** Two bodies of what one was; the given one becomes the first. */
export function teeBody(body: Body): Body {
  const branches = readableStreamTee(openStream(body), true);
  body.kind = BodyKind.stream;
  body.stream = branches[0];
  body.origin = undefined;
  return streamBody(branches[1]);
}

/** A body that is read through the given one. */
export function proxyBody(body: Body): Body {
  return streamBody(proxyStream(openStream(body)));
}
