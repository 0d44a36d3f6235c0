/**
 * Streamed bodies of responses on their way to the client.
 */
import { BodyKind, Post, Request as RequestOp } from '../../protocol/ops.ts';
import { currentEvent, postFor, requestFor } from '../bridge.ts';
import { ErrorCtor, PromiseReject, StringPrototypeIncludes } from '../primordials.ts';
import type { Body } from './body.ts';
import type { ReadableStream } from './body-stream.ts';
import { copyHeaders, getHeader, headersToWire, removeHeader } from './headers.ts';
import { messageOf, pump } from './pump.ts';
import { type ResponseState, responseHeaders, responseHeadersToWire } from './response.ts';
import { fixedLengthOf } from './streams/readable-stream.ts';

/** Cloudflare's text. */
const OTHER_EVENT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.";

/**
 * The headers of a streamed body. As on Workers its length is what a FixedLengthStream enforces, and unknown otherwise:
 * a `content-length` copied from another response would be that of another body. The answer to HEAD has what the app says all the same.
 */
function streamHeaders(state: ResponseState, length: number | undefined): { wire: string; said: string | undefined } {
  let wire = responseHeadersToWire(state);
  let said: string | undefined;
  if (StringPrototypeIncludes(wire, 'content-length')) {
    const headers = copyHeaders(responseHeaders(state), false);
    said = getHeader(headers, 'content-length') ?? undefined;
    removeHeader(headers, 'content-length');
    wire = headersToWire(headers);
  }
  return { wire: length === undefined ? wire : `${wire}${wire === '' ? '' : '\n'}content-length\n${length}`, said };
}

/** Sends a response with a streamed body, which has been taken. @returns the promise of its end, which never rejects */
export function sendStream(state: ResponseState, body: Body, event: number): Promise<void> {
  const stream = body.stream as ReadableStream;
  const { wire, said } = streamHeaders(state, fixedLengthOf(stream));
  if (state.isEncoded) postFor(event, Post.respond, state.status, state.statusText, wire, BodyKind.stream, said, 1);
  else postFor(event, Post.respond, state.status, state.statusText, wire, BodyKind.stream, said);
  return pump(stream, {
    // The op goes by the current event: in another's turn the chunk would reach another's client.
    write: (chunk) => (currentEvent() === event ? requestFor(event, RequestOp.sinkWrite, chunk) : PromiseReject(new ErrorCtor(OTHER_EVENT))),
    close: () => postFor(event, Post.sinkClose),
    abort: (message) => postFor(event, Post.sinkAbort, message),
    refused: (reason) => postFor(event, Post.sinkAbort, messageOf(reason)),
  });
}
