/**
 * A fetch that an outbound worker gets in the network's place.
 *
 * Contract: redirects are followed as on the network, and each hop goes to the outbound worker again; every hop counts
 * as a subrequest and as a call between workers, so that circles end. A fetch that fails leaves no body open.
 */
import { Readable } from 'node:stream';
import { OpError } from '../../base/op-error.ts';
import type { ServiceTarget } from '../../ports/invoker.ts';
import { adoptBody, type BodyArgument } from '../body-argument.ts';
import { takeBody } from '../body-sink.ts';
import { StreamBody } from '../body-stream.ts';
import type { Place } from '../op.ts';
import { networkHead, networkUrl } from '../outbound-worker.ts';
import { readPairs } from '../outbound-headers.ts';
import { type ServiceAnswer, ServiceClient } from '../service-client.ts';
import { serviceMessage } from '../service-message.ts';
import { originOf } from '../service-target.ts';
import { isRedirect, MOST_REDIRECTS, nextRequest } from './redirect.ts';

export type ThroughRequest = {
  method: string;
  url: string;
  headers: string;
  redirect: 'follow' | 'error' | 'manual';
  body: BodyArgument;
  /** JSON text of `request.cf`, or anything else for none. */
  cf: unknown;
  signal: AbortSignal;
};

type Current = { url: URL; method: string; headers: string[]; body: BodyArgument['body'] };

/** Answers as `Request.fetch` does. */
export async function fetchThrough(place: Place, target: ServiceTarget, request: ThroughRequest): Promise<unknown[]> {
  try {
    return await follow(place, target, request);
  } catch (error) {
    const { body } = request.body;
    if (body instanceof Readable) body.on('error', () => {}).destroy();
    throw error;
  }
}

async function follow(place: Place, target: ServiceTarget, request: ThroughRequest): Promise<unknown[]> {
  const { event } = place;
  const { redirect, body, cf, signal } = request;
  const isStream = body.body instanceof Readable;
  let current: Current = { url: networkUrl(request.url), method: request.method, headers: linesOf(request.headers), body: body.body };
  for (let redirects = 0; ; redirects++) {
    const head = networkHead(current.method, current.url, current.headers.join('\n'));
    const client = new ServiceClient(place, current.method);
    signal.addEventListener('abort', () => client.leave(), { once: true });
    place.context.invoker.fetch(target, originOf(place.context, event), serviceMessage(head, { ...body, body: current.body }, cf), client);
    const answer = await client.answer;
    const [status, name, text] = answer;
    // The exception goes on in the caller, as if it had been thrown there.
    if (status === 0) throw new OpError(name, text);
    if (!isRedirect(status) || redirect === 'manual') return answerOf(place, answer, current.url, redirects > 0);
    const next = following(place, current, answer, isStream && current.body !== undefined, { redirect, redirects });
    if (next === undefined) return answerOf(place, answer, current.url, redirects > 0);
    discard(place, answer);
    event.countSubrequest();
    current = next;
  }
}

const linesOf = (headers: string): string[] => (headers === '' ? [] : headers.split('\n'));

/** The request to make next, if there is one. @throws OpError, leaving no body open, where it may not be made */
function following(place: Place, current: Current, answer: ServiceAnswer, isStream: boolean, so: Pick<ThroughRequest, 'redirect'> & { redirects: number }) {
  try {
    if (so.redirect === 'error') throw new OpError('TypeError', `"${current.url.hostname}" answered with a redirect, which the request does not allow.`);
    const next = nextRequest(current, answer[0], readPairs(answer[2]), isStream);
    if (next !== undefined && so.redirects >= MOST_REDIRECTS) throw new OpError('TypeError', 'Too many redirects.');
    if (next !== undefined) next.url.hash = '';
    return next;
  } catch (error) {
    discard(place, answer);
    throw error;
  }
}

function answerOf({ context, event }: Place, [status, statusText, headers, source = 0, inline]: ServiceAnswer, url: URL, redirected: boolean): unknown[] {
  const body = inline === undefined ? undefined : Buffer.from(inline as string);
  const given = body === undefined ? source : adoptBody(context, event, new StreamBody(Readable.from(body.length === 0 ? [] : [body], { objectMode: false })));
  return [status, statusText, headers, url.href, redirected, given];
}

/** Nobody reads it. */
function discard({ context }: Place, [, , , source = 0]: ServiceAnswer): void {
  if (source !== 0) takeBody(context, source).cancel();
}
