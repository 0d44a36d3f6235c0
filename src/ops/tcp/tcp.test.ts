import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { EgressPolicy } from '../../ports/egress.ts';
import { Post, Request } from '../../protocol/ops.ts';
import { egressFor, listen, tableResolver, TestIsolate } from '../egress/fixture.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../egress/fixture-certificate.ts';
import { tcpPosts, tcpRequests } from './index.ts';
import { TCP_LIMITS } from './limits.ts';

const EVENT = 1;

type Calls = {
  isolate: TestIsolate;
  request(op: number, ...args: unknown[]): Promise<unknown>;
  post(op: number, ...args: unknown[]): void;
};

function calls(t: TestContext, policy: Partial<EgressPolicy> = {}, options: Parameters<typeof egressFor>[2] = {}): Calls {
  const isolate = new TestIsolate(egressFor(t, policy, options));
  return {
    isolate,
    request: async (op, ...args) => tcpRequests[op]?.(isolate, EVENT, 1, ...args),
    post: (op, ...args) => tcpPosts[op]?.(isolate, EVENT, ...args),
  };
}

/** A server; `accepted` is its side of each connection, in order. */
async function server(t: TestContext, serve: (socket: Socket) => void = () => {}): Promise<{ port: number; next: () => Promise<Socket> }> {
  const waiting: ((socket: Socket) => void)[] = [];
  const accepted: Socket[] = [];
  const port = await listen(
    t,
    createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      serve(socket);
      const taker = waiting.shift();
      if (taker === undefined) accepted.push(socket);
      else taker(socket);
    }),
  );
  const next = (): Promise<Socket> => {
    const socket = accepted.shift();
    return socket === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(socket);
  };
  return { port, next };
}

const rejects = (work: Promise<unknown>, message: RegExp): Promise<void> => assert.rejects(work, (error: Error) => message.test(error.message));

test('tcpConnect: reads and writes, in both directions until both are over', async (t) => {
  const { request } = calls(t);
  const { port } = await server(t, (socket) => socket.pipe(socket));
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  await request(Request.tcpWrite, 1, new TextEncoder().encode('hello'));
  assert.equal(String(await request(Request.tcpRead, 1)), 'hello');
  await request(Request.tcpEnd, 1);
  assert.equal(await request(Request.tcpRead, 1), null);
  await request(Request.tcpClosed, 1);
});

test('tcpConnect: private addresses and names that lead there are refused', async (t) => {
  const { request } = calls(t, { private: 'deny' }, { resolve: tableResolver({ 'inside.test': ['10.0.0.1'], 'inside.test.': ['10.0.0.1'] }) });
  for (const host of ['127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254', '0x7f.1', '2130706433', 'inside.test', 'INSIDE.test.'])
    await rejects(
      request(Request.tcpConnect, Math.floor(Math.random() * 1e9), host, 5432, 0),
      /cannot connect to the specified address: Access to .* is refused/,
    );
});

test('tcpConnect: the port of mail is closed, those of other protocols are not', async (t) => {
  const { request } = calls(t);
  await rejects(request(Request.tcpConnect, 1, '127.0.0.1', 25, 0), /port 25 is closed to TCP sockets/);
  // Nobody listens there: it is not the rules that refuse.
  await rejects(request(Request.tcpConnect, 2, '127.0.0.1', 587, 0), /cannot connect to the specified address$/);
});

test("tcpConnect: the platform's own ports are refused, whatever the rules", async (t) => {
  const { port } = await server(t);
  const { request } = calls(t, { private: 'all' }, { forbidden: [{ host: '127.0.0.1', port }] });
  await rejects(request(Request.tcpConnect, 1, '127.0.0.1', port, 0), /is refused/);
});

test('tcpConnect: arguments that are none', async (t) => {
  const { request } = calls(t);
  for (const args of [
    ['1', '127.0.0.1', 1, 0],
    [1.5, '127.0.0.1', 1, 0],
    [1, {}, 1, 0],
    [2, 'a/b', 1, 0],
    [3, 'user@127.0.0.1', 1, 0],
    [4, '127.0.0.1', 65_536, 0],
    [5, '127.0.0.1', -1, 0],
    [6, '127.0.0.1', {}, 0],
    [7, 'x'.repeat(1_000_000), 1, 0],
    [8, '', 0, 0, 99],
    [9, '', 0, 0, 'toString'],
  ])
    await assert.rejects(request(Request.tcpConnect, ...args));
});

test('tcpConnect: a number is used once', async (t) => {
  const { port } = await server(t);
  const { request } = calls(t);
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  await rejects(request(Request.tcpConnect, 1, '127.0.0.1', port, 0), /Invalid socket/);
});

test('tcpConnect: an isolate has so many sockets and no more', async (t) => {
  const { request } = calls(t);
  const opening = Array.from({ length: TCP_LIMITS.sockets }, (_, i) => request(Request.tcpConnect, i + 1, '127.0.0.1', 1, 0).catch(() => {}));
  await rejects(request(Request.tcpConnect, 100_000, '127.0.0.1', 1, 0), /Too many open sockets/);
  await Promise.all(opening);
});

test('a socket means nothing to another event', async (t) => {
  const { port } = await server(t);
  const { request, isolate } = calls(t);
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  for (const op of [Request.tcpRead, Request.tcpWrite, Request.tcpEnd, Request.tcpStartTls, Request.tcpClosed])
    await rejects((async () => tcpRequests[op]?.(isolate, 2, 1, 1, new Uint8Array(1)))(), /Cannot perform I\/O on behalf of a different request/);
});

test('a socket ends with its event', async (t) => {
  const { port, next } = await server(t, (socket) => socket.resume());
  const { request, isolate } = calls(t);
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  const peer = await next();
  const ended = new Promise((resolve) => peer.once('close', resolve).once('end', () => peer.destroy()));
  isolate.end.end();
  await ended;
  await rejects(request(Request.tcpRead, 1), /Network connection lost/);
});

test('tcpClose: cuts a connection that is being made, too', async (t) => {
  const { port } = await server(t);
  const { request, post } = calls(t);
  const opening = request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  post(Post.tcpClose, 1);
  await opening.catch(() => {});
  await rejects(request(Request.tcpRead, 1), /Network connection lost/);
});

test('a sender whose bytes nobody reads has to wait', async (t) => {
  const { port, next } = await server(t);
  const { request } = calls(t);
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  const peer = await next();
  peer.write(Buffer.alloc(64 * 1024 * 1024));
  // Another connection is served in the meantime.
  await request(Request.tcpConnect, 2, '127.0.0.1', port, 0);
  (await next()).write('x');
  assert.equal(String(await request(Request.tcpRead, 2)), 'x');
  assert.ok(peer.writableLength > 0);
});

test('writes to a peer that does not read are bounded over all sockets', async (t) => {
  const { port } = await server(t, (socket) => socket.pause());
  const { request, post } = calls(t);
  for (const number of [1, 2]) await request(Request.tcpConnect, number, '127.0.0.1', port, 0);
  for (const number of [1, 2]) request(Request.tcpWrite, number, new Uint8Array(TCP_LIMITS.unsentBytes)).catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  for (const number of [1, 2]) await rejects(request(Request.tcpWrite, number, new Uint8Array(1)), /whose other side does not read/);
  for (const number of [1, 2]) post(Post.tcpClose, number);
});

test('tcpRead: two at a time are refused', async (t) => {
  const { port } = await server(t);
  const { request, post } = calls(t);
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  const first = request(Request.tcpRead, 1);
  await rejects(request(Request.tcpRead, 1), /being read from/);
  post(Post.tcpClose, 1);
  assert.equal(await first, null);
});

test('tcpWrite: nothing but bytes', async (t) => {
  const { port } = await server(t);
  const { request } = calls(t);
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  for (const value of ['text', 1, {}, undefined, null]) await rejects(request(Request.tcpWrite, 1, value), /Only bytes/);
});

test('tcpStartTls: a server that hangs up', async (t) => {
  const { port } = await server(t, (socket) => socket.once('data', () => socket.destroy()));
  const { request } = calls(t);
  await request(Request.tcpConnect, 1, '127.0.0.1', port, 0);
  await assert.rejects(request(Request.tcpStartTls, 1, undefined));
  await assert.rejects(request(Request.tcpWrite, 1, new Uint8Array(1)));
});

const TRUSTED = { tls: { ca: TEST_CERTIFICATE }, resolve: tableResolver({ 'app.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] }) };
const IDENTITY = { key: TEST_KEY, cert: TEST_CERTIFICATE };

test('tcpConnect: with TLS from the start, to a host that has the certificate', async (t) => {
  const port = await listen(
    t,
    createTlsServer(IDENTITY, (socket) => void socket.on('error', () => {}).end('secure')).on('tlsClientError', () => {}),
  );
  const { request } = calls(t, {}, TRUSTED);
  await request(Request.tcpConnect, 1, 'app.test', port, 1);
  assert.equal(String(await request(Request.tcpRead, 1)), 'secure');
  assert.equal(await request(Request.tcpRead, 1), null);
  await rejects(request(Request.tcpConnect, 2, 'other.test', port, 1), /cannot connect to the specified address/);
});

test('tcpStartTls: reads and writes that come at once wait for it; another name may be expected', async (t) => {
  const { port } = await server(t, (socket) => {
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, ...IDENTITY });
      secure.on('error', () => {}).pipe(secure);
    });
  });
  const { request } = calls(t, {}, TRUSTED);
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const [number, host, expected, isFine] of [
    [1, 'app.test', undefined, true],
    [2, 'other.test', 'app.test', true],
    [3, 'app.test', 'other.test', false],
  ] as const) {
    await request(Request.tcpConnect, number, host, port, 0);
    await request(Request.tcpWrite, number, encode('go'));
    assert.equal(String(await request(Request.tcpRead, number)), 'S');
    const started = request(Request.tcpStartTls, number, expected);
    const written = request(Request.tcpWrite, number, encode('hello'));
    const read = request(Request.tcpRead, number);
    if (isFine) {
      await Promise.all([started, written]);
      assert.equal(String(await read), 'hello');
    } else {
      await rejects(started, /TLS connection to "other\.test" failed/);
      await Promise.all([assert.rejects(written), assert.rejects(read)]);
    }
  }
});
