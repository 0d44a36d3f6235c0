/**
 * The ops behind `fetch`.
 *
 * Contract, binding on changes to this file: a fetch belongs to one event, and when that is over so
 * are the fetch, its upload and its response body, unless the body was passed on to somebody else. A
 * call number means something to one isolate only. Nothing in the arguments is trusted.
 */
import type { Readable } from 'node:stream';
import type { OutboundRequest, OutboundResponse } from '../../ports/egress.ts';
import { BodyKind, Post, Request } from '../../protocol/ops.ts';
import { adoptBody, type BodyArgument, openBody } from '../body-argument.ts';
import type { StreamBody } from '../body-stream.ts';
import { abortCall, beginCall, endCall } from '../calls.ts';
import { OpError } from '../../base/op-error.ts';
import type { EventState, OpContext, PostOp, RequestOp } from '../op.ts';
import { outboundOf } from '../outbound-worker.ts';
import { aborted } from '../network-errors.ts';
import { fetchThrough } from './through-worker.ts';

/** Longer than any header block an upstream accepts. */
const MOST_HEADER_CHARACTERS = 1024 * 1024;
const MOST_URL_CHARACTERS = 64 * 1024;

/** The arguments as they came, checked for type and size. */
function checked(method: unknown, url: unknown, headers: unknown, redirect: unknown): Pick<OutboundRequest, 'method' | 'url' | 'headers' | 'redirect'> {
  if (typeof method !== 'string' || method.length > 64) throw new OpError('TypeError', 'Invalid HTTP method.');
  if (typeof url !== 'string' || url.length > MOST_URL_CHARACTERS) throw new OpError('TypeError', 'Invalid URL.');
  if (typeof headers !== 'string' || headers.length > MOST_HEADER_CHARACTERS) throw new OpError('TypeError', 'Invalid headers.');
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual') throw new OpError('TypeError', 'Invalid redirect mode.');
  return { method, url, headers, redirect };
}

/** Only the host vouches for the length of a streamed body; what the tenant wrote is dropped. */
function withLength(headers: string, length: number | undefined): string {
  const lines = headers === '' ? [] : headers.split('\n');
  for (let i = 0; i < lines.length; i += 2) {
    if (lines[i]?.length === 14 && lines[i]?.toLowerCase() === 'content-length') {
      lines.splice(i, 2);
      i -= 2;
    }
  }
  if (length !== undefined) lines.unshift('content-length', `${length}`);
  return lines.join('\n');
}

/**
 * `Request.fetch`: method, url, headers, redirect mode, body kind, body and, for a streamed body whose length the isolate's stream enforces
 * (FixedLengthStream), that length; and, for an outbound worker, cf. Answers [status, statusText, headers, url, redirected, source or 0].
 */
async function fetchOp(context: OpContext, eventId: number, call: number, ...args: unknown[]): Promise<unknown[]> {
  const [method, url, headers, redirect, kind, bodyArgument, length, cf] = args;
  const event = context.event(eventId);
  if (event === undefined) throw new OpError('TypeError', 'fetch needs an event to belong to, and this one is over.');
  const request = checked(method, url, headers, redirect);
  event.countSubrequest();

  const controller = beginCall(context.handles, call);
  let opened: BodyArgument | undefined;
  const forget = event.atEnd(() => controller.abort());
  try {
    const body = (opened = openBody(context, call, kind, bodyArgument, length));
    const { signal } = controller;
    const outbound = outboundOf(context, event);
    if (outbound !== undefined) {
      const answer = await connected(event, signal, body.body, () => fetchThrough({ context, event }, outbound, { ...request, body, cf, signal }));
      endCall(context.handles, call, body.upload);
      return answer;
    }
    const response = await send(context, event, signal, {
      ...request,
      headers: body.body === undefined || kind === BodyKind.text || kind === BodyKind.bytes ? request.headers : withLength(request.headers, body.length),
      body: body.body,
      signal,
    });
    const answered = response.body as StreamBody | undefined;
    // The response is here whole, or is somebody else's.
    const end = (): void => endCall(context.handles, call, body.upload);
    const source = answered === undefined ? 0 : adoptBody(context, event, answered, end);
    if (answered === undefined) end();
    else if (signal.aborted) answered.cancel();
    return [response.status, response.statusText, response.headers, response.url, response.redirected, source];
  } catch (error) {
    endCall(context.handles, call, opened?.upload);
    throw error;
  } finally {
    forget();
  }
}

function send(context: OpContext, event: EventState, signal: AbortSignal, request: OutboundRequest): Promise<OutboundResponse> {
  return connected(event, signal, request.body, () => context.egress.fetch(request, () => event.countSubrequest()));
}

/** Waits for a free connection and sends. The connection counts as busy until the head is here. */
async function connected<Answer>(event: EventState, signal: AbortSignal, body: OutboundRequest['body'], start: () => Promise<Answer>): Promise<Answer> {
  let release: () => void;
  try {
    release = await acquire(event, signal);
  } catch (error) {
    destroyBody(body);
    throw error;
  }
  try {
    return await start();
  } finally {
    release();
  }
}

/** A connection of the event, given back at once if it comes when nobody waits any more. */
async function acquire(event: EventState, signal: AbortSignal): Promise<() => void> {
  const gone = Promise.withResolvers<never>();
  const onAbort = (): void => gone.reject(aborted());
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const turn = event.acquireConnection();
  try {
    return await Promise.race([turn, gone.promise]);
  } catch (error) {
    turn.then((release) => release()).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function destroyBody(body: OutboundRequest['body']): void {
  if (typeof body === 'object' && !(body instanceof Uint8Array)) (body as Readable).on('error', () => {}).destroy();
}

/** The request ops of fetch. */
export const fetchRequests: Record<number, RequestOp> = { [Request.fetch]: fetchOp };

/** The post ops of fetch. */
export const fetchPosts: Record<number, PostOp> = {
  [Post.fetchAbort]: (context, _event, call) => abortCall(context.handles, call),
};
