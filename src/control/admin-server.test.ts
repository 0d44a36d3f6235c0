import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import { type AppUsage, startAdminServer } from './admin-server.ts';
import { isTrustedHost } from './host-check.ts';

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
