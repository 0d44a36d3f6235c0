/**
 * Outbound workers: what an event of a dispatched app sends to the network goes to another app instead.
 *
 * Contract, binding on changes to this file: it hangs on the event, so that nothing an isolate says can take it away;
 * an outbound worker hears whole URLs and no Host but theirs, so that what it judges is what was asked for; where the
 * network is closed there is no way to it either.
 * @see https://developers.cloudflare.com/cloudflare-for-platforms/workers-for-platforms/configuration/outbound-workers/
 */
import { OpError } from '../base/op-error.ts';
import type { OutboundWorker } from '../ports/event-client.ts';
import type { ServiceTarget } from '../ports/invoker.ts';
import type { OpContext, EventState } from './op.ts';
import { headOf } from './service-target.ts';

/** What takes the network's place for an event; undefined: nothing does. */
export function outboundOf(context: OpContext, event: EventState): ServiceTarget | undefined {
  const { outbound } = event;
  return outbound === undefined || context.egress.isClosed === true ? undefined : targetOf(outbound);
}

/** Its own requests go on to the next one. */
const targetOf = ({ app, env, next }: OutboundWorker): ServiceTarget => ({ app, entrypoint: undefined, props: undefined, env, outbound: next });

const PROTOCOLS: Readonly<Record<string, string>> = { 'ws:': 'http:', 'wss:': 'https:', 'http:': 'http:', 'https:': 'https:' };

/** Where a request to the network leads: an absolute URL without a fragment. @throws OpError */
export function networkUrl(text: unknown): URL {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  const protocol = PROTOCOLS[url?.protocol ?? ''];
  if (url === null || protocol === undefined) throw new OpError('TypeError', 'Invalid URL.');
  url.protocol = protocol;
  url.hash = '';
  return url;
}

/** A request to the network as `Entry.fetch` takes it. @throws OpError */
export function networkHead(method: unknown, url: URL, headers: unknown): string {
  return headOf(method, url.href, typeof headers === 'string' ? withoutHost(headers) : headers);
}

function withoutHost(headers: string): string {
  if (!/host/i.test(headers)) return headers;
  const lines = headers.split('\n');
  const kept: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) if (lines[i]?.toLowerCase() !== 'host') kept.push(String(lines[i]), String(lines[i + 1]));
  return kept.join('\n');
}
