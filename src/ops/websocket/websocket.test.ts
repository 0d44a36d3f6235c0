import assert from 'node:assert/strict';
import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { WebSocketServer, type WebSocket } from 'ws';
import { Post, Request, SocketEvent } from '../../protocol/ops.ts';
import { egressFor, listen, TestIsolate } from '../egress/fixture.ts';
import { StreamBody } from '../body-stream.ts';
import { ScriptedSocket, toldOf, until, wasTold } from './fixture.ts';
import { socketPosts, socketRequests } from './index.ts';

type Upstream = { port: number; last: () => WebSocket; head: () => IncomingMessage };

/** A server that echoes, on a free port. */
const upstream = async (t: TestContext, options: { maxPayload?: number } = {}): Promise<Upstream> => {
  const http = createHttp();
  const server = new WebSocketServer({ server: http, ...options });
  let last: WebSocket | undefined;
  let head: IncomingMessage | undefined;
  server.on('connection', (ws, request) => {
    last = ws;
    head = request;
    ws.on('error', () => {});
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });
  return { port: await listen(t, http), last: () => last as WebSocket, head: () => head as IncomingMessage };
};

/** A server that answers the handshake as it should and then sends these bytes. */
const rawUpstream = async (t: TestContext, bytes: readonly number[], then: (socket: Socket) => void = () => {}): Promise<number> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      const key = /sec-websocket-key: (\S+)/i.exec(data.toString())?.[1];
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.write(Buffer.from(bytes));
      then(socket);
    });
  });
  return listen(t, server);
};

const isolateFor = (t: TestContext, policy = {}): TestIsolate => new TestIsolate(egressFor(t, policy));
const post = (isolate: TestIsolate, op: number, ...args: unknown[]): void => socketPosts[op]?.(isolate, 1, ...args);
const openAt = async (isolate: TestIsolate, number: number, url: string, protocols = ''): Promise<void> => {
  post(isolate, Post.socketOpen, number, url, protocols);
  await until(isolate, () => wasTold(isolate, number, 'opened')() || wasTold(isolate, number, 'closed')());
};
const closedAs = (isolate: TestIsolate, number: number): unknown[] | undefined =>
  toldOf(isolate, number)
    .find((it) => it[0] === SocketEvent.closed)
    ?.slice(1);

test('open: text, bytes and the closing handshake go to and fro', async (t) => {
  const { port } = await upstream(t);
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/path`);
  post(isolate, Post.socketSend, 1, 'h\u00e9llo');
  post(isolate, Post.socketSend, 1, new Uint8Array([1, 2]));
  post(isolate, Post.socketSend, 1, new ArrayBuffer(0));
  await until(isolate, wasTold(isolate, 1, 'message', 3));
  const messages = toldOf(isolate, 1)
    .filter((it) => it[0] === SocketEvent.message)
    .map((it) => it[1]);
  assert.deepEqual(messages, ['h\u00e9llo', [1, 2], []]);
  post(isolate, Post.socketClose, 1, 3001, 'done');
  await until(isolate, wasTold(isolate, 1, 'closed'));
  assert.deepEqual(closedAs(isolate, 1), [3001, 'done', true, '']);
  assert.deepEqual([isolate.kept, isolate.subrequests, isolate.connections], [0, 1, 0]);
});

test('open: offers subprotocols, and fails where the server takes none of them', async (t) => {
  const { port, last } = await upstream(t);
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/`, 'chat,other');
  assert.deepEqual(toldOf(isolate, 1)[0], [SocketEvent.opened, 'chat', '']);
  last().terminate();
  const wrong = await rawUpstream(t, []);
  await openAt(isolate, 2, `ws://127.0.0.1:${wrong}/`, 'chat');
  assert.equal(closedAs(isolate, 2)?.[0], 1006);
});

test('open: a refusal, a dead port and a blocked port fail with 1006', async (t) => {
  const http = createHttp((_request, response) => response.writeHead(404).end('no'));
  const port = await listen(t, http);
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/`);
  await openAt(isolate, 2, 'ws://127.0.0.1:1/');
  assert.deepEqual(closedAs(isolate, 1), [1006, '', false, 'The server answered with status 404 instead of opening a WebSocket.']);
  assert.equal(closedAs(isolate, 2)?.[0], 1006);
});

test('open: goes by the network rules', async (t) => {
  const { port } = await upstream(t);
  const isolate = isolateFor(t, { private: 'deny' });
  for (const [number, host] of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0.0.0.0', '169.254.169.254'].entries()) {
    await openAt(isolate, number, `ws://${host}:${port}/`);
    assert.equal(closedAs(isolate, number)?.[0], 1006, host);
    assert.match(String(closedAs(isolate, number)?.[3]), /refused by this app's network rules|lookup/, host);
  }
});

test('open: counts as a subrequest, and fails beyond the limit', async (t) => {
  const { port } = await upstream(t);
  const isolate = isolateFor(t);
  isolate.mostSubrequests = 0;
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/`);
  assert.equal(closedAs(isolate, 1)?.[0], 1006);
});

test('open: forged numbers and addresses reach nothing', async (t) => {
  const { port } = await upstream(t);
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/`);
  const told = isolate.delivered.length;
  for (const number of [1, '1', 1.5, Number.NaN, undefined, null, {}]) post(isolate, Post.socketOpen, number, `ws://127.0.0.1:${port}/`, '');
  for (const number of [2, '1', null, {}, -1]) {
    post(isolate, Post.socketSend, number, 'x');
    post(isolate, Post.socketClose, number, 1000, '');
    post(isolate, Post.socketAccept, number);
  }
  for (const data of [undefined, null, 1, {}, []]) post(isolate, Post.socketSend, 1, data);
  post(isolate, Post.socketClose, 1, 'x', '');
  post(isolate, Post.socketClose, 1, 1000, {});
  assert.equal(isolate.delivered.length, told);
  for (const [at, url] of ['file:///etc/passwd', 'ws+unix:///run/x.sock', '', 5].entries()) {
    post(isolate, Post.socketOpen, 10 + at, url, '');
    await until(isolate, wasTold(isolate, 10 + at, 'closed'));
    assert.match(String(closedAs(isolate, 10 + at)?.[3]), /Invalid URL/);
  }
  post(isolate, Post.socketClose, 1, 999, 'a code that must not be sent');
  await until(isolate, wasTold(isolate, 1, 'closed'));
});

test("open: a header that is not the app's to set does not leave", async (t) => {
  const { port, head } = await upstream(t);
  const isolate = isolateFor(t);
  const headers =
    'upgrade\nwebsocket\nx-a\nb\nhost\nevil\nconnection\nx-a\nsec-websocket-key\nAAAA\nsec-websocket-protocol\nchat\nsec-websocket-extensions\npermessage-deflate';
  const answer = (await socketRequests[Request.fetchSocket]?.(isolate, 1, 1, `http://127.0.0.1:${port}/`, headers, 4)) as unknown[];
  assert.deepEqual([answer[0], answer[5]], [101, 0]);
  const sent = head().headers;
  assert.deepEqual(
    [sent.host, sent.connection, sent['x-a'], sent['sec-websocket-protocol'], sent['sec-websocket-extensions']],
    [`127.0.0.1:${port}`, 'Upgrade', undefined, 'chat', undefined],
  );
});

test('fetch: what comes waits for accept', async (t) => {
  const { port, last } = await upstream(t);
  const isolate = isolateFor(t);
  await socketRequests[Request.fetchSocket]?.(isolate, 1, 1, `http://127.0.0.1:${port}/`, '', 4);
  last().send('waiting');
  assert.deepEqual(isolate.delivered, []);
  post(isolate, Post.socketAccept, 4);
  await until(isolate, wasTold(isolate, 4, 'message'));
  assert.equal(toldOf(isolate, 4)[0]?.[1], 'waiting');
});

test('fetch: a refusal is an answer with a body', async (t) => {
  const port = await listen(
    t,
    createHttp((_request, response) => response.writeHead(403, { 'x-a': 'b' }).end('not you')),
  );
  const isolate = isolateFor(t);
  const answer = (await socketRequests[Request.fetchSocket]?.(isolate, 1, 1, `http://127.0.0.1:${port}/`, '', 4)) as [
    number,
    string,
    string,
    string,
    boolean,
    number,
  ];
  assert.equal(answer[0], 403);
  assert.match(answer[2], /x-a\nb/);
  assert.equal(await isolate.handles.get(answer[5], StreamBody)?.text(), 'not you');
  assert.equal(isolate.kept, 0);
});

test('upgrade: a fetched socket is connected to the client, past the isolate', async (t) => {
  const { port, last } = await upstream(t);
  const isolate = isolateFor(t);
  await socketRequests[Request.fetchSocket]?.(isolate, 1, 1, `http://127.0.0.1:${port}/`, '', 4);
  const client = new ScriptedSocket();
  Object.assign(isolate.responder, { upgrade: () => client });
  post(isolate, Post.upgrade, 'a\nb', 4);
  assert.equal(isolate.kept, 1);
  last().send('down');
  const got = once(last(), 'message');
  client.listener?.message('up');
  assert.equal(String((await got)[0]), 'up');
  const closed = once(last(), 'close');
  client.listener?.closed(4001, 'gone', true, '');
  assert.equal((await closed)[0], 4001);
  assert.deepEqual(isolate.delivered, []);
  assert.deepEqual(client.calls[0], ['send', 'down']);
});

test('upgrade: is refused for a socket in use, and after an answer', async (t) => {
  const { port } = await upstream(t);
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/`);
  assert.throws(() => post(isolate, Post.upgrade, '', 1), /Invalid socket/);
  Object.assign(isolate.responder, { upgrade: () => new ScriptedSocket() });
  post(isolate, Post.upgrade, '', 2);
  assert.throws(() => post(isolate, Post.upgrade, '', 3), /Invalid response/);
  assert.throws(() => post(isolate, Post.upgrade, {}, 3), /Invalid response/);
});

const frames: Record<string, readonly number[]> = {
  'a reserved bit': [0xc1, 0x01, 0x61],
  'a reserved opcode': [0x83, 0x00],
  'a masked frame from a server': [0x81, 0x81, 1, 2, 3, 4, 0x60],
  'text that is not UTF-8': [0x81, 0x02, 0xc3, 0x28],
  'a fragmented ping': [0x09, 0x00],
  'a ping that is too long': [0x89, 0x7e, 0x00, 0x80],
  'a continuation of nothing': [0x80, 0x00],
  'a message within a message': [0x01, 0x01, 0x61, 0x81, 0x01, 0x62],
  'a close frame of one byte': [0x88, 0x01, 0x03],
  'a close code that must not be sent': [0x88, 0x02, 0x03, 0xed],
  'a close reason that is not UTF-8': [0x88, 0x04, 0x03, 0xe8, 0xc3, 0x28],
  'a length of more than 32 MiB': [0x82, 0x7f, 0, 0, 0, 0, 0x02, 0, 0, 0x01],
  'a length beyond what numbers hold': [0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
};
for (const [name, bytes] of Object.entries(frames)) {
  test(`hostile server: ${name} fails the connection`, async (t) => {
    const isolate = isolateFor(t);
    await openAt(isolate, 1, `ws://127.0.0.1:${await rawUpstream(t, bytes)}/`);
    await until(isolate, wasTold(isolate, 1, 'closed'));
    const [code, , wasClean, failure] = closedAs(isolate, 1) ?? [];
    assert.deepEqual([code, wasClean], [1006, false]);
    assert.notEqual(failure, '');
    assert.equal(isolate.kept, 0);
  });
}

test('hostile server: fragments with a ping between make one message', async (t) => {
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${await rawUpstream(t, [0x01, 0x01, 0xc3, 0x89, 0x00, 0x80, 0x01, 0xa9])}/`);
  await until(isolate, wasTold(isolate, 1, 'message'));
  assert.equal(toldOf(isolate, 1)[1]?.[1], '\u00e9');
});

test('hostile server: a connection that breaks off is not a clean end', async (t) => {
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${await rawUpstream(t, [0x81, 0x05, 0x61], (socket) => socket.end())}/`);
  await until(isolate, wasTold(isolate, 1, 'closed'));
  assert.deepEqual(closedAs(isolate, 1)?.slice(0, 3), [1006, '', false]);
});

test("hostile server: a flood of small messages is read at the isolate's pace", async (t) => {
  const { port, last } = await upstream(t);
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/`);
  const full = Promise.withResolvers<void>();
  isolate.onDelivery = () => isolate.delivered.length > 32 && full.resolve();
  for (let i = 0; i < 5000; i++) last().send('x'.repeat(100));
  await full.promise;
  for (let i = 0; i < 100; i++) await new Promise(setImmediate);
  assert.equal(isolate.delivered.length, 33);
  await until(isolate, wasTold(isolate, 1, 'message', 5000));
});

test('the event is over: its sockets are closed', async (t) => {
  const { port, last } = await upstream(t);
  const isolate = isolateFor(t);
  await openAt(isolate, 1, `ws://127.0.0.1:${port}/`);
  const closed = once(last(), 'close');
  isolate.end.end();
  assert.equal((await closed)[0], 1001);
});
