/** What clients send to wear a server down, or to be two requests where it sees one. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { RawClient, rawRequest, send } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const CHEAP_REQUESTS = 5000;
const CONNECTIONS = 500;

const APP = `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/headers') { const headers = new Headers(); for (let i = 0; i < 20_000; i++) headers.append('x-' + i, 'v'.repeat(100)); return new Response('many', { headers }); }
    if (pathname === '/smuggled') console.log('smuggled');
    if (pathname === '/wait') { await scheduler.wait(100); return new Response('waited'); }
    if (pathname === '/large') return new Response('x'.repeat(20_000_000));
    return new Response('app ' + pathname);
  },
};`;

suite('clients', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    server = await serve(owner, folder({ 'app.js': APP, 'neighbour.js': answering('fine') }));
  });

  test('smuggling: a request whose end is ambiguous is refused, and what follows it is not heard', async () => {
    const mark = server.mark;
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: app.localhost\r\n\r\n';
    const heads = [
      'Content-Length: 4\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: chunked\r\nContent-Length: 4',
      'Content-Length: 4\r\nContent-Length: 60',
      'Content-Length: 4, 60',
      'Content-Length: +4',
      'Content-Length: 0x4',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding:\u000bchunked',
      'X: y\nTransfer-Encoding: chunked',
      ' Transfer-Encoding: chunked',
    ];
    for (const head of heads) {
      const answer = await rawRequest(server.port, `POST /first HTTP/1.1\r\nHost: app.localhost\r\n${head}\r\n\r\n0\r\n\r\n${inner}`);
      assert.match(answer, /^HTTP\/1\.1 400 /, head);
      assert.doesNotMatch(answer, /HTTP\/1\.1 [^4]/, head);
    }
    assert.deepEqual(
      server.process.lines.slice(mark).filter((line) => line['msg'] === 'smuggled'),
      [],
    );
  });

  test('headers: floods of them are refused, whole or in pieces', async (t) => {
    const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
    const many = Array.from({ length: 5000 }, (_, at) => `x-${at}: ${'v'.repeat(100)}\r\n`).join('');
    assert.match(await rawRequest(server.port, `GET / HTTP/1.1\r\nHost: app.localhost\r\n${many}\r\n`), /^HTTP\/1\.1 431 |^$/);
    assert.match(await rawRequest(server.port, `GET / HTTP/1.1\r\nHost: app.localhost\r\nx: ${'v'.repeat(1 << 20)}\r\n\r\n`), /^HTTP\/1\.1 431 |^$/);
    assert.match(await rawRequest(server.port, `GET /${'p'.repeat(1 << 20)} HTTP/1.1\r\nHost: app.localhost\r\n\r\n`), /^HTTP\/1\.1 4(?:14|31) |^$/);
    const answer = await server.get('app', '/headers').catch((error: Error) => error.message);
    if (typeof answer !== 'string') assert.ok([200, 500, 502].includes(answer.status), String(answer.status));
    const { errors, answers } = await neighbour.stop();
    assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
  });

  test('a flood of cheap requests is answered, and leaves nothing behind', async (t) => {
    const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const flood = async (): Promise<void> => {
      for (let at = 0; at < CHEAP_REQUESTS / 16; at++)
        assert.equal((await send(server.port, { path: '/cheap', headers: { host: 'app.localhost' }, agent })).text, 'app /cheap');
    };
    await Promise.all(Array.from({ length: 16 }, flood));
    agent.destroy();
    const { errors } = await neighbour.stop();
    assert.deepEqual(errors, []);
    assert.ok((await server.metric('nano_engine_resident_bytes')) < 1e9);
  });

  test('pipelines: a handshake behind a request that waits, and thousands of requests for large answers, harm nobody', async (t) => {
    const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
    const waiting = 'GET /wait HTTP/1.1\r\nHost: app.localhost\r\n\r\n';
    const handshake =
      'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    const upgrading = new RawClient(server.port);
    upgrading.write(waiting + handshake);
    // The app's answer to the handshake is an ordinary one, as it is without one.
    assert.match(await upgrading.until(/app \/(?![a-z])/), /waited[\s\S]*app \//);
    upgrading.destroy();
    const flooding = new RawClient(server.port);
    flooding.socket.pause();
    flooding.write('GET /large HTTP/1.1\r\nHost: app.localhost\r\n\r\n'.repeat(5000));
    for (let answers = 0; answers < 20; answers++) await neighbour.next('200 fine');
    flooding.destroy();
    assert.equal((await server.get('app')).text, 'app /');
    const { errors, answers } = await neighbour.stop();
    assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
    assert.ok((await server.metric('nano_engine_resident_bytes')) < 1e9);
  });

  test('large answers that nobody reads are bounded, and the neighbour is answered meanwhile', async (t) => {
    const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
    const mark = server.mark;
    const readers = Array.from({ length: 60 }, () => {
      const reader = new RawClient(server.port);
      reader.socket.pause();
      reader.write('GET /large HTTP/1.1\r\nHost: app.localhost\r\n\r\n');
      return reader;
    });
    await server.line({ event: 'request', app: 'app', outcome: 'tooBusy' }, mark);
    for (let answers = 0; answers < 20; answers++) await neighbour.next('200 fine');
    for (const reader of readers) reader.destroy();
    assert.equal((await server.get('app', '/large')).text.length, 20_000_000);
    // A quarter of a gigabyte is what an app may have waiting.
    assert.ok(server.process.lines.slice(mark).filter(({ outcome }) => outcome === 'clientClosed').length <= 13);
    const { errors, answers } = await neighbour.stop();
    assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
  });

  test('connections that are reset in the middle of whatever they asked for', async (t) => {
    const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
    const host = 'Host: app.localhost\r\n';
    const beginnings = [
      `CONNECT app.localhost:80 HTTP/1.1\r\n${host}\r\n`,
      `GET /wait HTTP/1.1\r\n${host}\r\nCONNECT app.localhost:80 HTTP/1.1\r\n${host}\r\n`,
      `GET /wait HTTP/1.1\r\n${host}\r\nno request\r\n\r\n`,
      `POST / HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
      `GET /large HTTP/1.1\r\n${host}\r\n`,
      `GET /wait HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ];
    for (let i = 0; i < 30; i++) {
      await Promise.all(
        beginnings.map(async (beginning) => {
          const client = new RawClient(server.port);
          client.write(beginning);
          // Without waiting, at once after it was sent, and a moment later.
          if (i % 3 > 0) await new Promise((resolve) => client.socket.once('connect', resolve));
          if (i % 3 > 1) await new Promise((resolve) => setImmediate(resolve));
          client.socket.resetAndDestroy();
          await client.closed;
        }),
      );
    }
    const { errors, answers } = await neighbour.stop();
    assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });

  test('connections: hundreds that say nothing keep nobody out', async () => {
    const clients = Array.from({ length: CONNECTIONS }, () => new RawClient(server.port));
    await Promise.all(clients.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: app.local');
    assert.equal((await server.get('neighbour')).text, 'fine');
    for (const client of clients) client.destroy();
    assert.equal((await server.get('app', '/x')).text, 'app /x');
  });

  test('no engine was lost', async () => {
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });
});
