/**
 * Responses on their way to the client.
 *
 * Contract: one Post.respond for each response. Text, bytes and host bodies go along with it; a stream is pumped
 * afterwards, each chunk waiting for the one before to be taken, and ends with Post.sinkClose or Post.sinkAbort.
 */
import { BodyKind, Post, Request as RequestOp } from '../../protocol/ops.ts';
import { currentEvent, postFor, requestFor } from '../bridge.ts';
import { ErrorCtor, PromiseReject, StringPrototypeIncludes, TypeErrorCtor } from '../primordials.ts';
import { isBodyUnusable, takeBody } from './body.ts';
import type { ReadableStream } from './body-stream.ts';
import { copyHeaders, headersToWire, removeHeader } from './headers.ts';
import { messageOf, pump } from './pump.ts';
import { type ResponseState, isResponse, responseHeaders, responseHeadersToWire, responseState } from './response.ts';
import { fixedLengthOf } from './streams/identity-transform-stream.ts';

/** Cloudflare's text. */
const OTHER_EVENT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.";

/**
 * The headers of a streamed body. As on Workers its length is what a FixedLengthStream enforces, and unknown otherwise:
 * a `content-length` copied from another response would be that of another body.
 */
function streamHeaders(state: ResponseState, length: number | undefined): string {
  let wire = responseHeadersToWire(state);
  if (StringPrototypeIncludes(wire, 'content-length')) {
    const headers = copyHeaders(responseHeaders(state), false);
    removeHeader(headers, 'content-length');
    wire = headersToWire(headers);
  }
  return length === undefined ? wire : `${wire}${wire === '' ? '' : '\n'}content-length\n${length}`;
}

/**
 * Sends what the handler returned.
 * @returns the promise of the end of a streamed body, which never rejects; undefined when all is sent
 * @throws TypeError where it is not a response that can be sent
 */
export function sendResponse(response: unknown, event: number): Promise<void> | undefined {
  if (!isResponse(response)) throw new TypeErrorCtor("Incorrect type for Promise: the Promise did not resolve to 'Response'.");
  const state = responseState(response);
  const { body } = state;
  if (state.type === 'error') throw new TypeErrorCtor('Return value from serve handler must not be an error response (like Response.error())');
  let kind: number = BodyKind.none;
  let value: unknown;
  if (body !== null) {
    if (isBodyUnusable(body)) throw new TypeErrorCtor('Response body object should not be disturbed or locked');
    takeBody(body);
    kind = body.kind;
    value = body.value;
  }
  const headers = kind === BodyKind.stream ? streamHeaders(state, fixedLengthOf(body?.stream as ReadableStream)) : responseHeadersToWire(state);
  if (state.isEncoded) postFor(event, Post.respond, state.status, state.statusText, headers, kind, value, 1);
  else postFor(event, Post.respond, state.status, state.statusText, headers, kind, value);
  if (body === null || kind !== BodyKind.stream) return undefined;
  return pump(body.stream as ReadableStream, {
    // The op goes by the current event: in another's turn the chunk would reach another's client.
    write: (chunk) => (currentEvent() === event ? requestFor(event, RequestOp.sinkWrite, chunk) : PromiseReject(new ErrorCtor(OTHER_EVENT))),
    close: () => postFor(event, Post.sinkClose),
    abort: (message) => postFor(event, Post.sinkAbort, message),
    refused: (reason) => postFor(event, Post.sinkAbort, messageOf(reason)),
  });
}
