/** The cache while its processes die: what is found is whole, and the app goes on. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `const key = (request) => 'http://cache' + new URL(request.url).pathname;
export default {
  async fetch(request) {
    if (request.method === 'PUT') {
      await caches.default.put(key(request), new Response(request.body, { headers: { 'cache-control': 'max-age=3600' } }));
      return new Response('put');
    }
    if (request.method === 'DELETE') return Response.json(await caches.default.delete(key(request)));
    return (await caches.default.match(key(request))) ?? new Response('miss', { status: 404 });
  },
};
`;

/** The body that is put under a path: any part of it that is missing shows. */
const bodyOf = (path: string): string => `${path}:`.repeat(path.endsWith('large') ? 20_000 : 20);

/** Puts and reads until told to stop; nothing that is found may be another body than was put. */
async function use(server: TestServer, name: string, isOver: () => boolean): Promise<number> {
  let hits = 0;
  for (let round = 0; !isOver(); round++) {
    const path = `/${name}-${round % 5}-${round % 2 === 0 ? 'small' : 'large'}`;
    await server.get('app', path, { method: 'PUT', body: bodyOf(path) }).catch(() => {});
    const found = await server.get('app', path).catch(() => undefined);
    if (found?.status !== 200) continue;
    assert.equal(found.text === bodyOf(path), true, `${path} is torn`);
    hits++;
  }
  return hits;
}

test('cache: no store process before an app stores something', { skip: process.platform !== 'linux' }, async (t) => {
  const data = folder();
  const server = await serve(t, folder({ 'app.js': APP }), ['--data', data]);
  assert.equal((await server.get('app', '/a')).status, 404);
  assert.equal((await server.get('app', '/a', { method: 'DELETE' })).text, 'false');
  assert.deepEqual(processesOf(server, 'store'), []);
  assert.equal((await server.get('app', '/a', { method: 'PUT', body: 'x' })).text, 'put');
  assert.equal((await server.get('app', '/a')).text, 'x');
  assert.equal(processesOf(server, 'store').length, 1);
});

test('cache: the store process is killed again and again, and what is found is whole', { skip: process.platform !== 'linux' }, async (t) => {
  const data = folder();
  const server = await serve(t, folder({ 'app.js': APP }), ['--data', data]);
  await server.get('app', '/first', { method: 'PUT', body: 'x' });
  let isOver = false;
  const users = ['a', 'b', 'c', 'd'].map((name) => use(server, name, () => isOver));
  for (let kills = 0; kills < 5; ) {
    for (const pid of processesOf(server, 'store')) {
      process.kill(pid, 'SIGKILL');
      kills++;
    }
    // Some requests between one death and the next.
    for (let i = 0; i < 20; i++) await server.get('app', '/first');
  }
  isOver = true;
  await Promise.all(users);
  const path = '/last-large';
  while ((await server.get('app', path)).text !== bodyOf(path)) await server.get('app', path, { method: 'PUT', body: bodyOf(path) });
});

test('cache: after the server was killed, what it had is there and whole', async (t) => {
  const dir = folder({ 'app.js': APP });
  const data = folder();
  const first = await serve(t, dir, ['--data', data]);
  for (const path of ['/small', '/large']) assert.equal((await first.get('app', path, { method: 'PUT', body: bodyOf(path) })).text, 'put');
  let isOver = false;
  const users = ['a', 'b'].map((name) => use(first, name, () => isOver));
  while ((await first.get('app', '/a-1-large').catch(() => undefined))?.status !== 200);
  await first.process.stop();
  isOver = true;
  await Promise.all(users);
  const second = await serve(t, dir, ['--data', data]);
  for (const path of ['/small', '/large', '/a-1-large']) assert.equal((await second.get('app', path)).text === bodyOf(path), true, path);
  assert.equal((await second.get('app', '/small', { method: 'DELETE' })).text, 'true');
});

test('cache: a damaged database is set aside, and the next put is kept', async (t) => {
  const dir = folder({ 'app.js': APP });
  const data = folder();
  const first = await serve(t, dir, ['--data', data]);
  assert.equal((await first.get('app', '/a', { method: 'PUT', body: 'x' })).text, 'put');
  await first.process.stop();
  const [file] = (readdirSync(data, { recursive: true }) as string[]).filter((name) => /cache.*\.sqlite$/.test(name));
  assert.ok(file !== undefined);
  writeFileSync(join(data, file), 'this is no database, and it is long enough to be looked at'.repeat(100));
  const second = await serve(t, dir, ['--data', data]);
  assert.ok([200, 404, 500].includes((await second.get('app', '/a')).status));
  while ((await second.get('app', '/a')).text !== 'y') await second.get('app', '/a', { method: 'PUT', body: 'y' });
  await second.line({ msg: /damaged database was set aside/ });
});
