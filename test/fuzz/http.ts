/** Requests that are almost right, on a socket: the server answers with HTTP or hangs up, and the next client is served. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Listener } from '../../src/http/listener.ts';
import { StreamBody } from '../../src/ops/body-stream.ts';
import type { Site } from '../../src/ports/event-client.ts';
import { Observer } from '../../src/ports/observer.ts';
import { normaliseHost } from '../../src/router/host.ts';
import type { Random } from './random.ts';

const REQUESTS = [
  'GET /a?b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET / HTTP/1.0\r\n\r\n',
  'HEAD /y HTTP/1.1\r\nHost: a:80\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  'PUT /z HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
];

const site: Site = {
  app: 'a',
  version: 'v',
  refusal: undefined,
  requestBodyBytes: 1000,
  responseBodyBytes: Number.POSITIVE_INFINITY,
  fetch: (message, client) => {
    client.started({ cpuMs: 0, clientGone: () => {} }, false);
    void (message.body === undefined ? Promise.resolve('') : message.body.text()).then(
      (text) => client.send(200, '', `x-length\n${text.length}`, text),
      () => client.fail({ name: 'exception', error: { name: 'Error', message: '', stack: '' }, passThrough: false }),
    );
  },
  begin: () => {},
  finish: () => {},
};

let started: Promise<number> | undefined;

/** One server for all rounds; it keeps no process alive. */
function port(): Promise<number> {
  if (started === undefined) {
    const listener = new Listener({
      sites: { find: (host) => (host === 'a' ? site : undefined) },
      observer: new Observer(),
      openBody: (message, limit, length) => new StreamBody(message, { limit, length }),
      normaliseHost,
      urlBytes: 1000,
      headerBytes: 4000,
      // Longer than this process may wait for a CPU: what is cut off for its time would look like a failure.
      headMs: 30_000,
      idleMs: 30_000,
      trustedProxies: ['127.0.0.1'],
      dev: false,
    });
    started = listener.listen({ port: 0, host: '127.0.0.1' });
    listener.server.unref();
  }
  return started;
}

export async function httpRound(random: Random): Promise<void> {
  const text = Array.from({ length: 1 + random.int(2) }, () => random.mutate(random.pick(REQUESTS))).join('');
  const answer = await send(await port(), text, random);
  assert.match(answer, /^(?:$|HTTP\/1\.[01] \d{3} )/, JSON.stringify(text));
  const good = await send(await port(), 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', random);
  assert.match(good, /^HTTP\/1\.1 200 /, `after ${JSON.stringify(text)}`);
}

/** Sends in one piece or in several, says that there is no more, and reads to the end. */
function send(to: number, text: string, random: Random): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(to, '127.0.0.1');
    let answer = '';
    const bytes = Buffer.from(text, 'latin1');
    const cut = random.chance(0.3) ? random.int(bytes.length + 1) : bytes.length;
    socket.on('connect', () => {
      socket.write(bytes.subarray(0, cut));
      socket.end(bytes.subarray(cut));
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}
