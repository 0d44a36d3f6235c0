/** A listener on a free port, with one site whose answers the test gives. */
import type { TestContext } from 'node:test';
import { StreamBody } from '../ops/body-stream.ts';
import type { FetchClient, FetchMessage, RunningEvent } from '../ports/event-client.ts';
import { Observer, type RequestRecord } from '../ports/observer.ts';
import { normaliseHost } from '../router/host.ts';
import { Listener, type ListenerOptions } from './listener.ts';

export type TestListener = {
  listener: Listener;
  port: number;
  records: RequestRecord[];
  /** Heads of the requests that reached the site. */
  heads: string[];
  /** How often clients of an event were said to be gone. */
  gone: string[];
  inFlight(): number;
  /** Resolves once that many requests are recorded. */
  recorded(count: number): Promise<RequestRecord[]>;
};

export type Handler = (client: FetchClient, message: FetchMessage) => void;

export async function listen(
  t: TestContext,
  handle: Handler,
  options: Partial<ListenerOptions> & { bodyBytes?: number; refusal?: 'appBroken' } = {},
): Promise<TestListener> {
  const records: RequestRecord[] = [];
  const heads: string[] = [];
  const gone: string[] = [];
  let inFlight = 0;
  let wake = (): void => {};
  class Recorder extends Observer {
    override request(record: RequestRecord): void {
      records.push(record);
      wake();
    }
  }
  const site = {
    app: 'a',
    version: 'v1',
    refusal: options.refusal === undefined ? undefined : { name: options.refusal, reason: 'broken' },
    requestBodyBytes: options.bodyBytes ?? 1000,
    responseBodyBytes: Number.POSITIVE_INFINITY,
    fetch: (message: FetchMessage, client: FetchClient) => {
      heads.push(message.head);
      const event: RunningEvent = { cpuMs: 1, clientGone: () => gone.push(message.requestId) };
      client.started(event, false);
      handle(client, message);
    },
    begin: () => inFlight++,
    finish: () => inFlight--,
  };
  const listener = new Listener({
    sites: { find: (host) => (host === 'nowhere' ? undefined : site) },
    observer: new Recorder(),
    openBody: (message, limit, length) => new StreamBody(message, { limit, length }),
    normaliseHost,
    urlBytes: 1000,
    headerBytes: 4000,
    headMs: 10_000,
    idleMs: 10_000,
    trustedProxies: ['127.0.0.0/8'],
    dev: false,
    ...options,
  });
  const port = await listener.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => listener.destroy());
  const recorded = async (count: number): Promise<RequestRecord[]> => {
    while (records.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return records;
  };
  return { listener, port, records, heads, gone, inFlight: () => inFlight, recorded };
}
