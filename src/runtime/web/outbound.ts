/**
 * Responses on their way to the client.
 *
 * Contract: one Post.respond for each response. Text, bytes and host bodies go along with it; a stream is pumped
 * afterwards, each chunk waiting for the one before to be taken, and ends with Post.sinkClose or Post.sinkAbort.
 */
import { BodyKind, Post } from '../../protocol/ops.ts';
import { postFor } from '../bridge.ts';
import { chunk } from '../link.ts';
import { TypeErrorCtor } from '../primordials.ts';
import { type Body, isBodyUnusable, takeBody } from './body.ts';
import { isResponse, responseHeadersToWire, responseState } from './response.ts';

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
  if (state.webSocket !== null) {
    chunk('websocket').sendUpgrade(state.webSocket, responseHeadersToWire(state), event);
    return undefined;
  }
  let kind: number = BodyKind.none;
  let value: unknown;
  if (body !== null) {
    if (isBodyUnusable(body)) throw new TypeErrorCtor('Response body object should not be disturbed or locked');
    takeBody(body);
    kind = body.kind;
    value = body.value;
  }
  if (kind === BodyKind.stream) return chunk('streams').sendStream(state, body as Body, event);
  if (state.isEncoded) postFor(event, Post.respond, state.status, state.statusText, responseHeadersToWire(state), kind, value, 1);
  else postFor(event, Post.respond, state.status, state.statusText, responseHeadersToWire(state), kind, value);
  return undefined;
}
