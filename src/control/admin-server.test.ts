import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import { type AppUsage, startAdminServer } from './admin-server.ts';
import { isTrustedHost } from './host-check.ts';

const SOURCE = { isReady: () => true, apps: () => [], metrics: async () => '', usage: () => Promise.reject(new Error('not asked')) };

type Answer = { status: number; text: string };

async function setUp(
  t: TestContext,
  ready: boolean,
): Promise<(path: string, options?: { host?: string; method?: string; origin?: string }) => Promise<Answer>> {
  const source = {
    isReady: () => ready,
    apps: () => [appRecord('a', { vars: { SECRET: 'hidden' } }), appRecord('b', { state: 'broken', reason: 'no main' })],
    metrics: async () => 'nano_up 1\n',
    usage: async () => ({ cpuSeconds: 1 }) as AppUsage,
  };
  const server = await startAdminServer(source, '127.0.0.1', 0);
  t.after(() => server.close());
  return (path, options = {}) =>
    new Promise((resolve, reject) => {
      const call = request(
        {
          port: server.port,
          path,
          method: options.method ?? 'GET',
          agent: false,
          headers: { host: options.host ?? `localhost:${server.port}`, ...(options.origin === undefined ? {} : { origin: options.origin }) },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        },
      );
      call.on('error', reject).end();
    });
}

test('healthz and readyz: alive is not ready', async (t) => {
  const get = await setUp(t, false);
  assert.equal((await get('/healthz')).status, 200);
  assert.equal((await get('/readyz')).status, 503);
  const ready = await setUp(t, true);
  assert.equal((await ready('/readyz?x')).status, 200);
  assert.deepEqual(await ready('/metrics'), { status: 200, text: 'nano_up 1\n' });
});

test('apps: names and states, no variables', async (t) => {
  const get = await setUp(t, true);
  const { text } = await get('/apps');
  assert.deepEqual(JSON.parse(text), {
    apps: [
      { name: 'a', version: 'v1', group: 'default', state: 'ready' },
      { name: 'b', version: 'v1', group: 'default', state: 'broken', reason: 'no main' },
    ],
  });
});

test('requests by a foreign name, path or method are refused', async (t) => {
  const get = await setUp(t, true);
  assert.equal((await get('/apps', { host: 'evil.example:8081' })).status, 421);
  assert.equal((await get('/nothing')).status, 404);
  assert.equal((await get('/apps', { method: 'POST' })).status, 405);
  assert.equal((await get('/apps', { method: 'POST', origin: 'https://evil.example' })).status, 403);
  assert.equal((await get('/apps', { origin: 'https://evil.example' })).status, 200);
});

test('isTrustedHost: loopback, the configured name, and addresses on a wildcard', () => {
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:8081', '127.1.2.3', '[::1]:80']) assert.equal(isTrustedHost(host, '127.0.0.1'), true, host);
  for (const host of [undefined, '', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', '[::2]', 'a@localhost', 'localhost:123456'])
    assert.equal(isTrustedHost(host, '127.0.0.1'), false, `${host}`);
  assert.equal(isTrustedHost('admin.internal:8081', 'admin.internal'), true);
  assert.equal(isTrustedHost('10.0.0.1', '0.0.0.0'), true);
  assert.equal(isTrustedHost('evil.example', '0.0.0.0'), false);
});

test('usage: of an app that is there', async (t) => {
  const get = await setUp(t, true);
  assert.deepEqual(JSON.parse((await get('/apps/a/usage')).text), { name: 'a', cpuSeconds: 1 });
  assert.equal((await get('/apps/nobody/usage')).status, 404);
  assert.equal((await get('/apps/%ff/usage')).status, 404);
  assert.deepEqual(JSON.parse((await get('/apps/a')).text), { name: 'a', version: 'v1', group: 'default', state: 'ready' });
});

test('connections: beyond a bound they are closed, and the others go on', async (t) => {
  const server = await startAdminServer(SOURCE, '127.0.0.1', 0);
  t.after(() => server.close());
  const sockets = Array.from({ length: 1001 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.race(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  const open = sockets.find((socket) => !socket.destroyed) as Socket;
  open.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.match(await new Promise((resolve) => open.once('data', (data) => resolve(String(data)))), /^HTTP\/1\.1 200 /);
});

test('a body without an end: is not read for ever, whatever was asked for', async (t) => {
  const server = await startAdminServer(SOURCE, '127.0.0.1', 0);
  t.after(() => server.close());
  const send = async (line: string): Promise<void> => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    socket.resume().write(`${line} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => socket.write('1\r\nx\r\n'), 1);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(timer);
  };
  await Promise.all(['GET /healthz', 'POST /nothing', 'POST /apps', 'GET /apps/nobody'].map(send));
});

test('a long body that nobody wants: whoever sends it hears why', async (t) => {
  const server = await startAdminServer(SOURCE, '127.0.0.1', 0);
  t.after(() => server.close());
  const part = Buffer.alloc(1024 * 1024);
  const socket = connect(server.port, '127.0.0.1');
  const heard = new Promise<string>((resolve, reject) => socket.once('data', (data) => resolve(String(data))).once('error', reject));
  socket.write(`POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${3 * part.length}\r\n\r\n`);
  await heard;
  // The answer is there, and what is still sent is taken.
  for (let left = 3; left > 0; left--) await new Promise<void>((resolve, reject) => socket.write(part, (error) => (error ? reject(error) : resolve())));
  assert.match(await heard, /^HTTP\/1\.1 404 /);
  socket.destroy();
});
