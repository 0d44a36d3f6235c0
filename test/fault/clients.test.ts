/** Clients that send what they should not, too much of it, too slowly, or go away. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { RawClient, rawRequest } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `let pulled = 0;
const endless = () => new ReadableStream({
  pull(controller) {
    pulled++;
    controller.enqueue(new Uint8Array(64 * 1024));
  },
  cancel() { console.log('canceled'); },
});

export default {
  async fetch(request) {
    switch (new URL(request.url).pathname) {
      case '/read': return new Response('read ' + (await request.text()).length);
      case '/caught':
        console.log('reading');
        try {
          return new Response(await request.text());
        } catch (error) {
          console.log('body: ' + error.message);
          return new Response('caught');
        }
      case '/unread': return new Response('not read');
      case '/endless': return new Response(endless());
      case '/pulled': return new Response(String(pulled));
      case '/wait': console.log('waiting'); await scheduler.wait(2500); return new Response('waited');
      default: return new Response('ok');
    }
  },
};
`;

suite('clients', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const limits = { head_ms: 300, idle_ms: 2000, header_bytes: 8192, url_bytes: 512, request_body_bytes: 1000 };
    server = await serve(owner, folder({ 'app.js': APP, 'nano.jsonc': JSON.stringify({ limits: { defaults: limits } }) }));
  });
  const raw = (head: string, body = ''): Promise<string> => rawRequest(server.port, `${head}\r\nhost: app.localhost\r\n${body}`);
  const works = async (): Promise<void> => assert.equal((await server.get('app')).text, 'ok');

  test('half a head: the connection is closed after head_ms', async () => {
    assert.match(await rawRequest(server.port, 'GET / HTTP/1.1\r\nhost: app.loc'), /^HTTP\/1\.1 408 /);
    await works();
  });

  test('a head byte by byte: the time for the whole of it is bounded', async () => {
    const client = new RawClient(server.port);
    client.write('GET / HTTP/1.1\r\n');
    const drip = setInterval(() => client.write('x'), 50);
    await client.closed;
    clearInterval(drip);
    assert.match(client.received, /^HTTP\/1\.1 408 /);
  });

  test('nothing at all: the connection is closed', async () => {
    const client = new RawClient(server.port);
    await client.closed;
    assert.doesNotMatch(client.received, /200/);
  });

  test('a huge header is 431, a long URL 414', async () => {
    assert.match(await raw('GET / HTTP/1.1', `x: ${'y'.repeat(10_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
    assert.match(await raw(`GET /${'u'.repeat(600)} HTTP/1.1`, 'connection: close\r\n\r\n'), /^HTTP\/1\.1 414 .*error code: 9414/s);
    await works();
  });

  for (const [name, head, body] of [
    ['Content-Length with Transfer-Encoding', 'POST /read HTTP/1.1', 'content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two Content-Length headers', 'POST /read HTTP/1.1', 'content-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    ['a Content-Length that is no number', 'POST /read HTTP/1.1', 'content-length: +3\r\n\r\nabc'],
    ['an unknown Transfer-Encoding', 'POST /read HTTP/1.1', 'transfer-encoding: gzip\r\n\r\n'],
    ['a line break in a header', 'GET / HTTP/1.1', 'x: a\rb\r\n\r\n'],
    ['two Host headers', 'GET / HTTP/1.1', 'host: other.localhost\r\nconnection: close\r\n\r\n'],
    ['a null byte in a header', 'GET / HTTP/1.1', 'x: a\0b\r\n\r\n'],
    ['no HTTP at all', 'hello', '\r\n'],
    ['CONNECT', 'CONNECT other.example:443 HTTP/1.1', '\r\n'],
  ] as const) {
    test(`${name}: 400, and the connection is closed`, async () => {
      assert.match(await raw(head, body), /^HTTP\/1\.1 400 /);
      await works();
    });
  }

  test('a missing or malformed Host is 400', async () => {
    for (const host of ['', 'host: a b\r\n', 'host: a,b\r\n', 'host: user@app.localhost\r\n']) {
      assert.match(await rawRequest(server.port, `GET / HTTP/1.1\r\n${host}connection: close\r\n\r\n`), /^HTTP\/1\.1 400 /, host);
    }
  });

  test('an invalid chunk: 400, and the connection is closed', async () => {
    const mark = server.mark;
    assert.match(await raw('POST /caught HTTP/1.1', 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n'), /^HTTP\/1\.1 400 .*$/s);
    assert.notEqual((await server.line({ event: 'request', path: '/caught' }, mark))['outcome'], 'ok');
    await works();
  });

  test('a declared body over the limit is 413 before it is read', async () => {
    assert.match(await raw('POST /read HTTP/1.1', 'content-length: 1001\r\n\r\n'), /^HTTP\/1\.1 413 .*error code: 9413/s);
    assert.equal((await server.get('app', '/read', { body: 'x'.repeat(1000) })).text, 'read 1000');
  });

  test('a chunked body over the limit is 413 where it is read', async () => {
    const chunk = `258\r\n${'x'.repeat(600)}\r\n`;
    assert.match(await raw('POST /read HTTP/1.1', `transfer-encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`), /^HTTP\/1\.1 413 /);
    await works();
  });

  test('a body that the app does not read does not harm the next request of the connection', async () => {
    const client = new RawClient(server.port);
    client.write(
      `POST /unread HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(1000)}GET / HTTP/1.1\r\nhost: app.localhost\r\nconnection: close\r\n\r\n`,
    );
    await client.closed;
    assert.match(client.received, /^HTTP\/1\.1 200 OK\r\n.*not readHTTP\/1\.1 200 OK\r\n.*ok$/s);
  });

  test('a client that goes away in the middle of its body harms nobody', async () => {
    const mark = server.mark;
    const client = new RawClient(server.port);
    client.write('POST /caught HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 10\r\n\r\nabc');
    await server.line({ event: 'console', msg: 'reading' }, mark);
    client.destroy();
    const line = await server.line({ event: 'request', path: '/caught' }, mark);
    assert.equal(line['outcome'], 'clientClosed');
    await works();
  });

  test('a client that goes away in the middle of the response: the stream is canceled', async () => {
    const mark = server.mark;
    const client = new RawClient(server.port);
    client.write('GET /endless HTTP/1.1\r\nhost: app.localhost\r\n\r\n');
    await client.until(/\r\n\r\n.{200000}/s);
    client.destroy();
    await server.line({ event: 'console', msg: 'canceled' }, mark);
    assert.equal((await server.line({ event: 'request', path: '/endless' }, mark))['outcome'], 'clientClosed');
  });

  test('a client that stops reading: the app is slowed down, and idle_ms ends it', async () => {
    const mark = server.mark;
    const client = new RawClient(server.port);
    client.socket.pause();
    client.write('GET /endless HTTP/1.1\r\nhost: app.localhost\r\n\r\n');
    await server.line({ event: 'console', msg: 'canceled' }, mark);
    // What fits into the buffers of the operating system and one of ours; an unbounded stream would have sent gigabytes.
    assert.ok(Number((await server.get('app', '/pulled')).text) * 64 < 32 * 1024);
    client.destroy();
  });

  test('a client that stops sending its body: idle_ms ends it', async () => {
    const mark = server.mark;
    const client = new RawClient(server.port);
    client.write('POST /read HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 10\r\n\r\nabc');
    await client.closed;
    assert.equal((await server.line({ event: 'request', path: '/read', outcome: 'clientClosed' }, mark))['app'], 'app');
  });

  test('a client that waits for its app is not idle', async () => {
    assert.equal((await server.get('app', '/wait')).text, 'waited');
  });

  test('a kept connection without a next request is closed after idle_ms', async () => {
    const client = new RawClient(server.port);
    client.write('GET / HTTP/1.1\r\nhost: app.localhost\r\n\r\n');
    await client.closed;
    assert.match(client.received, /^HTTP\/1\.1 200 OK\r\n.*ok$/s);
  });

  test('HEAD has the headers and no body', async () => {
    const answer = await raw('HEAD / HTTP/1.1', 'connection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*content-length: 2\r\n.*\r\n\r\n$/s);
  });

  test('Expect: 100-continue is answered before the body', async () => {
    const client = new RawClient(server.port);
    client.write('POST /read HTTP/1.1\r\nhost: app.localhost\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n');
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    client.write('abc');
    await client.closed;
    assert.match(client.received, /\r\n\r\nHTTP\/1\.1 200 OK\r\n.*read 3$/s);
  });
});
