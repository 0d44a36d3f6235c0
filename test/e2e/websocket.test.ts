/** WebSockets and event sources through a whole server: upgrades, clients, limits, and the end of the server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { dev, serve, type TestServer } from '../support/server.ts';

const APP = `
const burn = (milliseconds) => { const end = Date.now() + milliseconds; while (Date.now() < end) for (let i = 0; i < 1e5; i++); };
const next = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
export default {
  async fetch(request) {
    const url = new URL(request.url);
    const self = 'ws://127.0.0.1:' + url.searchParams.get('port');
    switch (url.pathname) {
      case '/socket': {
        const [client, server] = Object.values(new WebSocketPair());
        server.accept();
        server.binaryType = 'arraybuffer';
        server.addEventListener('message', ({ data }) => {
          if (data === 'throw') throw new Error('in a listener');
          if (data === 'spin') for (;;);
          if (data === 'burn') { let x = 0; for (let i = 0; i < 3e6; i++) x += i % 7; }
          if (data === 'many') for (let i = 0; i < 1000; i++) server.send(String(i));
          else if (data === 'bye') server.close(1011, 'as you wish');
          else server.send(data);
        });
        server.addEventListener('close', (event) => console.log('closed ' + event.code));
        return new Response(null, { status: 101, webSocket: client });
      }
      case '/client': {
        const socket = new WebSocket(self + '/socket');
        await next(socket, 'open');
        socket.send('a');
        const first = await next(socket, 'message');
        socket.close(3000, 'enough');
        const { code, reason, wasClean } = await next(socket, 'close');
        return Response.json([first.data, code, reason, wasClean]);
      }
      case '/fetch': {
        const { webSocket, status } = await fetch(self.replace('ws', 'http') + '/socket', { headers: { Upgrade: 'websocket' } });
        webSocket.accept();
        webSocket.send('b');
        const { data } = await next(webSocket, 'message');
        webSocket.close();
        return Response.json([status, data]);
      }
      case '/proxy':
        return fetch(self.replace('ws', 'http') + '/socket', { headers: { Upgrade: 'websocket' } });
      case '/refused': {
        const socket = new WebSocket(self + '/plain');
        const error = await next(socket, 'error');
        return Response.json([error.message, (await next(socket, 'close')).code]);
      }
      case '/stream':
        return new Response('id: 1\\ndata: one\\n\\ndata: two\\n\\n', { headers: { 'content-type': 'text/event-stream' } });
      case '/source': {
        const source = new EventSource(self.replace('ws', 'http') + '/stream');
        const got = [(await next(source, 'message')).data, (await next(source, 'message')).data];
        source.close();
        return Response.json(got);
      }
    }
    return new Response('plain');
  },
};
`;

const open = async (server: TestServer, path: string, host = 'app.localhost'): Promise<WebSocket> => {
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers: { host } });
  await once(ws, 'open');
  return ws;
};
const ask = async (ws: WebSocket, data: string | Buffer): Promise<unknown> => {
  ws.send(data);
  const [answer, isBinary] = await once(ws, 'message');
  return isBinary ? answer : String(answer);
};

suite('websockets, in development', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    server = await dev(owner, folder({ 'index.js': APP }));
  });
  const json = async (path: string): Promise<unknown> => JSON.parse((await server.get('localhost.localhost', `${path}?port=${server.port}`)).text);

  test('an app answers a handshake with its half of a pair', async () => {
    const ws = await open(server, '/socket');
    assert.equal(await ask(ws, 'hello'), 'hello');
    assert.deepEqual(await ask(ws, Buffer.from([1, 2, 3])), Buffer.from([1, 2, 3]));
    ws.send('bye');
    const [code, reason] = await once(ws, 'close');
    assert.deepEqual([code, String(reason)], [1011, 'as you wish']);
  });

  test('messages keep their order', async () => {
    const ws = await open(server, '/socket');
    const got: string[] = [];
    ws.on('message', (data) => got.push(String(data)));
    ws.send('many');
    while (got.length < 1000) await once(ws, 'message');
    assert.deepEqual(
      got,
      Array.from({ length: 1000 }, (_, i) => String(i)),
    );
    ws.close(4001);
    await server.line({ msg: /closed 4001/ });
  });

  test('an app is a client, by constructor and by fetch', async () => {
    assert.deepEqual(await json('/client'), ['a', 3000, 'enough', true]);
    assert.deepEqual(await json('/fetch'), [101, 'b']);
    assert.deepEqual(await json('/refused'), ['The server answered with status 200 instead of opening a WebSocket.', 1006]);
  });

  test('an app passes a socket on without touching it', async () => {
    const ws = await open(server, `/proxy?port=${server.port}`);
    assert.equal(await ask(ws, 'through'), 'through');
    ws.close(4002);
    await server.line({ msg: /closed 4002/ });
  });

  test('an exception in a listener is logged, and breaks off its socket alone, as on Workers', async () => {
    const [ws, other] = [await open(server, '/socket'), await open(server, '/socket')];
    const closed = once(ws, 'close');
    ws.send('throw');
    await server.line({ msg: /in a listener/ });
    assert.equal((await closed)[0], 1006);
    assert.equal(await ask(other, 'still here'), 'still here');
    other.terminate();
  });

  test('an app reads events', async () => {
    assert.deepEqual(await json('/source'), ['one', 'two']);
  });
});

suite('websockets, serving', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const config = '{ "name": "app", "main": "index.js", "compatibility_date": "2026-11-01", "limits": { "cpu_ms": 150 } }';
    server = await serve(owner, folder({ 'app/wrangler.jsonc': config, 'app/index.js': APP, 'other.js': APP }));
  });

  test('each message gets CPU time of its own', async () => {
    const ws = await open(server, '/socket');
    for (let i = 0; i < 30; i++) assert.equal(await ask(ws, 'burn'), 'burn');
    ws.terminate();
  });

  test("a message that uses too much ends its socket, and no neighbour's", async () => {
    const neighbour = await open(server, '/socket', 'other.localhost');
    const ws = await open(server, '/socket');
    ws.send('spin');
    await once(ws, 'close');
    assert.equal(await ask(neighbour, 'well'), 'well');
    const again = await open(server, '/socket');
    assert.equal(await ask(again, 'back'), 'back');
    again.terminate();
    neighbour.terminate();
  });

  test('an app cannot reach the private network', async () => {
    const { text } = await server.get('app', `/refused?port=${server.port}`);
    assert.match(text, /network rules/);
  });

  test('the end of the server closes sockets with 1012', async () => {
    const ws = await open(server, '/socket');
    const closed = once(ws, 'close');
    server.process.signal('SIGTERM');
    assert.equal((await closed)[0], 1012);
    assert.equal((await server.process.ended).code, 0);
  });
});
