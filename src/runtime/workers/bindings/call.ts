/** Calls of a binding: the one way from an object in env to its host. */
import { BodyKind, Post, Request } from '../../../protocol/ops.ts';
import { begin, currentEvent, postFor, request, requireEvent } from '../../bridge.ts';
import { chunk } from '../../link.ts';
import { ArrayPrototypeUnshift, PromiseCtor, PromisePrototypeThen, PromiseReject, ReflectApply } from '../../primordials.ts';
import { type Body, takeBody } from '../../web/body.ts';
import type { ReadableStream } from '../../web/streams/readable-stream.ts';

/** Calls a method of binding number `index`. Rejects with what the host says is wrong. */
export function callBinding(index: number, method: string, ...args: unknown[]): Promise<unknown> {
  try {
    requireEvent();
  } catch (error) {
    return PromiseReject(error);
  }
  ArrayPrototypeUnshift<unknown>(args, Request.binding, index, method);
  return ReflectApply(request, undefined, args) as Promise<unknown>;
}

/**
 * As `callBinding`, with a body, which is taken: the method's first three arguments are its kind, value and length.
 * A stream is sent chunk by chunk, at the pace of whoever takes it; when it fails so does the call, with its reason.
 */
export function callBindingWithBody(index: number, method: string, body: Body | null, ...args: unknown[]): Promise<unknown> {
  try {
    requireEvent();
  } catch (error) {
    return PromiseReject(error);
  }
  if (body !== null) takeBody(body);
  const stream = body?.kind === BodyKind.stream ? (body.stream as ReadableStream) : undefined;
  const length = stream === undefined ? undefined : chunk('streams').knownLengthOf(stream);
  ArrayPrototypeUnshift<unknown>(args, Request.binding, index, method, body?.kind ?? BodyKind.none, stream === undefined ? body?.value : undefined, length);
  const event = currentEvent();
  const { call, promise } = ReflectApply(begin, undefined, args) as ReturnType<typeof begin>;
  if (stream === undefined) return promise;
  return new PromiseCtor((resolve, reject) => {
    chunk('streams').pump(stream, {
      write: (bytes) => request(Request.uploadWrite, call, bytes),
      close: () => postFor(event, Post.uploadClose, call),
      abort: (message, reason) => {
        postFor(event, Post.uploadAbort, call, message);
        reject(reason);
      },
      // The answer to the call tells why the host wants no more.
      refused: () => undefined,
    });
    PromisePrototypeThen(promise, resolve, reject);
  });
}
