/**
 * One request to one server, from the head sent to the head received.
 *
 * Contract: settles as soon as the signal fires, whatever the connection is doing; whoever gets the
 * answer owns its body stream.
 */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { OpError } from '../../base/op-error.ts';
import { aborted } from '../network-errors.ts';
import type { HeaderPairs } from '../outbound-headers.ts';

export type HopRequest = {
  url: URL;
  method: string;
  headers: HeaderPairs;
  body: string | Uint8Array | Readable | undefined;
  signal: AbortSignal;
};

export type HopResponse = { status: number; statusText: string; headers: HeaderPairs; body: Dispatcher.ResponseData['body'] };

/** Response bytes buffered ahead of the reader: what one trip into the isolate can carry. */
const READ_AHEAD = 256 * 1024;

/** Responses before the response (103 Early Hints, say): each costs the I/O thread time, and no app sees them. */
const MOST_INTERIM = 32;

/**
 * The options undici's types leave out. In Node 26.10, `stream.close()` and `stream.destroy()` in one tick, while part of a request body waits for
 * the flow-control window, never return from native code and eat memory; undici 8.12.4 does just that when a response is given up. One tenant could
 * take the engine down, so what has a body goes over HTTP/1.1.
 */
type HopOptions = Dispatcher.RequestOptions & { allowH2?: boolean };

/** Sends a request. Rejects with whatever went wrong, in undici's words. */
export async function sendHop(dispatcher: Dispatcher, { url, method, headers, body, signal }: HopRequest): Promise<HopResponse> {
  if (signal.aborted) throw aborted();
  // undici listens to a signal only from the moment the request is on a connection; this one is heard at once.
  const abortion = Promise.withResolvers<never>();
  const onAbort = (): void => abortion.reject(aborted());
  signal.addEventListener('abort', onAbort, { once: true });
  let interim = 0;
  const options: HopOptions = {
    origin: url.origin,
    path: url.pathname + url.search,
    method: method as Dispatcher.HttpMethod,
    headers,
    body: body ?? null,
    signal,
    responseHeaders: 'raw',
    highWaterMark: READ_AHEAD,
    onInfo: () => {
      if (++interim > MOST_INTERIM) throw new OpError('TypeError', `"${url.hostname}" does not come to its response.`);
    },
    ...(body !== undefined && { allowH2: false }),
  };
  const answer = dispatcher.request(options);
  try {
    const { statusCode, statusText, headers: raw, body: stream } = await Promise.race([answer, abortion.promise]);
    return { status: statusCode, statusText, headers: raw as unknown as HeaderPairs, body: stream };
  } catch (error) {
    // An answer that comes after all has no reader.
    answer.then(({ body: late }) => late.on('error', () => {}).destroy()).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    abortion.promise.catch(() => {});
  }
}
