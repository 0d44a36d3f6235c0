import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { WS_OPTIONS, WsSocket } from '../ops/websocket/ws-socket.ts';
import type { FetchClient, FetchMessage, Site } from '../ports/event-client.ts';
import type { MessageSocket } from '../ports/message-socket.ts';
import { Observer, type RequestRecord } from '../ports/observer.ts';
import { Listener } from './listener.ts';
import { Upgrades } from './upgrade.ts';

type Handler = (client: FetchClient, message: FetchMessage) => void;
type Served = {
  port: number;
  listener: Listener;
  upgrades: Upgrades;
  records: RequestRecord[];
  recorded: (count: number) => Promise<void>;
  inFlight: () => number;
};

/** A listener whose one app is this function. */
const serve = async (t: TestContext, handler: Handler, idleMs = 60_000): Promise<Served> => {
  const records: RequestRecord[] = [];
  let notify = (): void => {};
  class Records extends Observer {
    override request(record: RequestRecord): void {
      records.push(record);
      notify();
    }
  }
  let inFlight = 0;
  const site: Site = {
    app: 'app',
    version: '1',
    refusal: undefined,
    responseBodyBytes: Number.POSITIVE_INFINITY,
    requestBodyBytes: 1000,
    fetch: (message, client) => handler(client, message),
    begin: () => inFlight++,
    finish: () => inFlight--,
  };
  const upgrades = new Upgrades((ws, raw) => new WsSocket(ws, raw, idleMs), { ...WS_OPTIONS, maxPayload: 1000 });
  const listener = new Listener({
    sites: { find: () => site },
    observer: new Records(),
    openBody: () => {
      throw new Error('no bodies here');
    },
    normaliseHost: (raw) => raw,
    upgrades,
    urlBytes: 1000,
    headerBytes: 16_384,
    headMs: 5000,
    idleMs: 5000,
    trustedProxies: ['127.0.0.0/8'],
    dev: false,
  });
  const port = await listener.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => listener.destroy());
  const recorded = async (count: number): Promise<void> => {
    while (records.length < count) await new Promise<void>((resolve) => (notify = resolve));
  };
  return { port, listener, upgrades, records, recorded, inFlight: () => inFlight };
};

/** Answers with a socket that echoes; `onOpen` gets it. */
const echo =
  (headers = '', onOpen: (socket: MessageSocket) => void = () => {}): Handler =>
  (client) => {
    const socket = client.upgrade?.(headers);
    if (socket === undefined) return;
    socket.start({ message: (data) => socket.send(data, () => {}), closed: () => {} });
    onOpen(socket);
  };

const open = async (port: number, protocols: string[] = []): Promise<WebSocket> => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/a?b`, protocols);
  await once(ws, 'open');
  return ws;
};
const refusal = async (port: number, options = {}): Promise<{ status: number | undefined; headers: Record<string, unknown>; text: string }> => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, options);
  ws.on('error', () => {});
  const [, response] = await once(ws, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
};

/** Writes a request by hand and reads all of the answer. */
const raw = async (port: number, text: string | Buffer): Promise<{ socket: Socket; answer: Promise<Buffer> }> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  const answer = (async () => {
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    return Buffer.concat(parts);
  })();
  return { socket, answer };
};
/** Resolves when no socket is open. */
const emptied = async (upgrades: Upgrades): Promise<void> => {
  while (upgrades.size > 0) await new Promise(setImmediate);
};
const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

test('upgrade: messages go to and fro, and the request is recorded at the end', async (t) => {
  const it = await serve(t, echo());
  const ws = await open(it.port);
  for (const data of ['text', Buffer.from([1, 2]), '']) {
    ws.send(data);
    const [got, isBinary] = await once(ws, 'message');
    assert.deepEqual([isBinary, got], [typeof data !== 'string', Buffer.from(data)]);
  }
  assert.deepEqual([it.records.length, it.inFlight(), it.upgrades.size], [0, 0, 1]);
  ws.close(4000, 'bye');
  const [code, reason] = await once(ws, 'close');
  assert.deepEqual([code, String(reason)], [4000, 'bye']);
  await it.recorded(1);
  assert.deepEqual([it.records[0]?.status, it.records[0]?.outcome, it.records[0]?.path, it.upgrades.size], [101, 'ok', '/a', 0]);
});

test("upgrade: the app's headers go out, those of the handshake are the platform's", async (t) => {
  const it = await serve(
    t,
    echo(
      'x-a\nb\nset-cookie\nc=d\nset-cookie\ne=f\nsec-websocket-accept\nforged\nsec-websocket-extensions\npermessage-deflate\nsec-websocket-protocol\nv2\nconnection\nclose',
    ),
  );
  const ws = new WebSocket(`ws://127.0.0.1:${it.port}/`, ['v1', 'v2']);
  const [[{ headers }]] = await Promise.all([once(ws, 'upgrade'), once(ws, 'open')]);
  assert.deepEqual(
    [headers['x-a'], headers['set-cookie'], headers.connection, headers['sec-websocket-extensions'], ws.protocol],
    ['b', ['c=d', 'e=f'], 'Upgrade', undefined, 'v2'],
  );
  ws.terminate();
});

test('upgrade: a subprotocol that was not offered is not chosen', async (t) => {
  const it = await serve(t, echo('sec-websocket-protocol\nv3'));
  const ws = await open(it.port);
  assert.equal(ws.protocol, '');
  ws.terminate();
});

test('upgrade: an app may answer with an ordinary response', async (t) => {
  const it = await serve(t, (client) => client.send(401, '', 'x-a\nb', 'who are you'));
  assert.deepEqual(await refusal(it.port).then(({ status, headers, text }) => [status, headers['x-a'], headers['connection'], text]), [
    401,
    'b',
    'close',
    'who are you',
  ]);
  await it.recorded(1);
  assert.deepEqual([it.records[0]?.status, it.inFlight()], [401, 0]);
});

test('upgrade: a streamed response and a failure reach the client too', async (t) => {
  const it = await serve(t, (client, { head }) => {
    if (head.includes('\nx-fail\n')) return client.fail({ name: 'exception', error: { name: 'Error', message: 'm', stack: '' }, passThrough: false });
    client.start(200, '', '');
    client.write(Buffer.from('a'));
    client.write(Buffer.from('b'));
    client.end();
  });
  assert.equal((await refusal(it.port)).text, 'ab');
  assert.equal((await refusal(it.port, { headers: { 'x-fail': '1' } })).status, 500);
});

test('upgrade: invalid headers of the app fail the request', async (t) => {
  const it = await serve(t, echo('x-a\nb\rc'));
  assert.equal((await refusal(it.port)).status, 500);
});

test('plain request: cannot be answered with a socket', async (t) => {
  const it = await serve(t, echo());
  assert.equal((await fetch(`http://127.0.0.1:${it.port}/`)).status, 500);
});

test('plain request: one that asks wrongly cannot be answered with a socket either, by its own fault', async (t) => {
  const it = await serve(t, echo());
  const { answer } = await raw(it.port, HANDSHAKE.replace('13', '12').replace('Connection: Upgrade', 'Connection: Upgrade, close'));
  assert.match(String(await answer), /^HTTP\/1\.1 400 /);
  await it.recorded(1);
  assert.equal(it.records[0]?.outcome, 'badRequest');
});

test('plain request: what asks for no WebSocket, or asks wrongly, is one', async (t) => {
  const it = await serve(t, (client) => client.send(200, '', '', 'plain'));
  const without = (name: string): string => HANDSHAKE.replace(new RegExp(`${name}: .*\r\n`), '');
  for (const text of [
    HANDSHAKE.replace('websocket', 'h2c'),
    HANDSHAKE.replace('GET', 'POST').replace('Host', 'Content-Length: 0\r\nHost'),
    HANDSHAKE.replace('13', '12'),
    HANDSHAKE.replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'),
    without('Sec-WebSocket-Key'),
    without('Sec-WebSocket-Version'),
  ]) {
    const { answer } = await raw(it.port, text.replace('Connection: Upgrade', 'Connection: Upgrade, close'));
    assert.match(String(await answer), /^HTTP\/1\.1 200 OK[\s\S]*plain$/, text);
  }
});

test('hostile client: an unmasked frame, a reserved bit and bad text end the connection', async (t) => {
  const it = await serve(t, echo());
  for (const [bytes, code] of [
    [[0x81, 0x01, 0x61], 1002],
    [[0xc1, 0x81, 0, 0, 0, 0, 0x61], 1002],
    [[0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], 1007],
    [[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed], 1002],
    [[0x82, 0xfe, 0x04, 0x00, 0, 0, 0, 0], 1009],
  ] as const) {
    const { answer } = await raw(it.port, Buffer.concat([Buffer.from(HANDSHAKE), Buffer.from(bytes)]));
    const got = await answer;
    const frames = got.subarray(got.indexOf('\r\n\r\n') + 4);
    assert.deepEqual([frames[0], frames.readUInt16BE(2)], [0x88, code], String(bytes));
  }
  await emptied(it.upgrades);
});

test('hostile client: a message over the limit ends with 1009', async (t) => {
  const it = await serve(t, echo());
  const ws = await open(it.port);
  ws.send('x'.repeat(1001));
  assert.equal((await once(ws, 'close'))[0], 1009);
});

test('hostile client: one that vanishes is heard of, and harms nobody', async (t) => {
  const closed = Promise.withResolvers<unknown[]>();
  const it = await serve(t, (client) => {
    const socket = client.upgrade?.('');
    socket?.start({ message: () => {}, closed: (...args) => closed.resolve(args) });
  });
  const socket = connect(it.port, '127.0.0.1');
  socket.write(HANDSHAKE);
  await once(socket, 'data');
  socket.resetAndDestroy();
  assert.deepEqual((await closed.promise).slice(0, 3), [1006, '', false]);
  await it.recorded(1);
  const other = await open(it.port);
  other.terminate();
});

test('hostile client: one that goes before the answer leaves no socket', async (t) => {
  const asked = Promise.withResolvers<FetchClient>();
  const it = await serve(t, (client) => asked.resolve(client));
  const socket = connect(it.port, '127.0.0.1');
  socket.write(HANDSHAKE);
  const client = await asked.promise;
  socket.resetAndDestroy();
  await it.recorded(1);
  assert.equal(client.upgrade?.(''), undefined);
  assert.deepEqual([it.records[0]?.outcome, it.upgrades.size, it.inFlight()], ['clientClosed', 0, 0]);
});

test('idle: a silent connection is closed', async (t) => {
  const it = await serve(t, echo(), 100);
  const ws = await open(it.port);
  assert.equal((await once(ws, 'close'))[0], 1001);
});

test('drain: open sockets are told to come again, and then it is over', async (t) => {
  const it = await serve(t, echo());
  const ws = await open(it.port);
  const closed = once(ws, 'close');
  await it.listener.drain();
  assert.equal((await closed)[0], 1012);
  await emptied(it.upgrades);
});

test('destroy: cuts what is open', async (t) => {
  const it = await serve(t, echo());
  const ws = await open(it.port);
  it.listener.destroy();
  assert.equal((await once(ws, 'close'))[0], 1006);
});

test('a handshake that comes before the request ahead of it has its answer is an ordinary request', async (t) => {
  const answers: (() => void)[] = [];
  const { port, recorded, records } = await serve(t, (client, { head }) => {
    if (head.includes('/first')) answers.push(() => client.send(200, '', '', 'first'));
    else echo()(client, { head } as FetchMessage);
  });
  const raw = connect(port, '127.0.0.1');
  t.after(() => raw.destroy());
  const heads =
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  raw.write(`GET /first HTTP/1.1\r\nHost: a\r\n\r\n${heads}`);
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (const answer of answers) answer();
  await recorded(2);
  assert.deepEqual(
    records.map(({ status }) => status),
    [200, 400],
  );
});
