/**
 * The store process is killed while apps write: what was acknowledged is there, and nothing torn is.
 *
 * Once with the whole server and few kills, between which the supervisor waits longer and longer, and once with the store
 * process alone and many: NANO_KV_KILLS, for a soak.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Namespace } from '../../src/bindings/kv/namespace.ts';
import { systemClock } from '../../src/server/clock.ts';
import { StoreProcess } from '../../src/server/store-process.ts';
import { makeBadge } from '../../src/storage/badge.ts';
import { StoreClient } from '../../src/storage/store-client.ts';
import { StoreReaders } from '../../src/storage/store-readers.ts';
import { folder } from '../support/folder.ts';
import { processesOf } from '../support/processes.ts';
import { serve } from '../support/server.ts';

const SERVER_KILLS = 3;
const KILLS = Number(process.env['NANO_KV_KILLS'] ?? 12);
const WRITERS = 6;
/** Acknowledged writes between two kills. */
const WRITES = 40;
/** In a row, and in a file. */
const SIZES = [120, 100_000];

const APP = `export default {
  async fetch(request, { KV }) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === 'PUT') {
      await KV.put(key, request.body, { metadata: key });
      return new Response('acknowledged');
    }
    if (key === '') {
      let cursor, count = 0;
      do {
        const page = await KV.list({ cursor });
        count += page.keys.length;
        cursor = page.cursor;
      } while (cursor);
      return new Response(String(count));
    }
    const { value, metadata } = await KV.getWithMetadata(key);
    return new Response(value, { headers: { 'x-metadata': String(metadata) } });
  },
};
`;

/** What is put under a key: no part of it could be taken for another's. */
function valueOf(key: string): string {
  const size = SIZES[Number(key.split('-')[1]) % SIZES.length] as number;
  return `${key} `.repeat(Math.ceil(size / (key.length + 1)));
}

test('kv: a server whose store process is killed loses nothing that was acknowledged, and shows nothing torn', { timeout: 120_000 }, async (t) => {
  const dir = folder({
    'app/index.js': APP,
    'app/wrangler.json': JSON.stringify({ name: 'app', main: 'index.js', compatibility_date: '2026-01-01', kv_namespaces: [{ binding: 'KV', id: 'fault' }] }),
  });
  const data = folder();
  const server = await serve(t, dir, ['--data', data]);
  const acknowledged: string[] = [];
  const tried = new Set<string>();
  let isOver = false;
  let wake = (): void => {};
  const writer = async (number: number): Promise<void> => {
    for (let at = 0; !isOver; at++) {
      const key = `${number}-${at}`;
      tried.add(key);
      const { status } = await server.get('app', `/${key}`, { method: 'PUT', body: valueOf(key) });
      if (status !== 200) continue;
      acknowledged.push(key);
      wake();
    }
  };
  const more = async (count: number): Promise<void> => {
    for (const end = acknowledged.length + count; acknowledged.length < end; ) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const writing = Array.from({ length: WRITERS }, (_, number) => writer(number));
  for (let kill = 0; kill < SERVER_KILLS; kill++) {
    await more(WRITES + kill);
    const pid = processesOf(server, 'store').at(-1);
    if (pid === undefined) assert.fail('there is no store process');
    process.kill(pid, 'SIGKILL');
  }
  await more(WRITES);
  isOver = true;
  await Promise.all(writing);

  for (const key of tried) {
    const { text, headers } = await server.get('app', `/${key}`);
    if (acknowledged.includes(key) || text !== '') {
      assert.equal(text, valueOf(key), `${key} is not what was put`);
      assert.equal(headers['x-metadata'], key);
    }
  }
  const listed = Number((await server.get('app', '/')).text);
  assert.ok(listed >= acknowledged.length && listed <= tried.size);
  assert.deepEqual(
    readdirSync(join(data, 'storage'), { recursive: true }).filter((name) => String(name).includes('damaged')),
    [],
  );
});

test('kv: no kill of the store process loses what was acknowledged or leaves what is torn', { timeout: 60_000 + KILLS * 5000 }, async (t) => {
  const data = folder();
  const store = new StoreProcess({
    program: 'store',
    dataDir: data,
    fsync: 'normal',
    key: 'key',
    // Started again at once, however often it dies.
    clock: { ...systemClock, after: (_ms, run) => systemClock.after(0, run) },
    onTrouble: () => {},
    onNotify: () => {},
  });
  store.start();
  const client = new StoreClient({ socket: store.config.socket, badge: makeBadge('key', { kind: 'operator' }) });
  const readers = new StoreReaders(store.config.root);
  t.after(async () => {
    client.close();
    readers.close();
    await store.stop();
  });
  const namespace = new Namespace({ stores: client, readers, storageDir: store.config.root, fsync: 'normal' }, 'default', 'fault');
  const values = new Map<string, { acknowledged: number; tried: number }>();
  let acknowledged = 0;
  let isOver = false;
  let wake = (): void => {};
  // Each writer puts its own keys again and again, so that rows and files are replaced, too.
  const writer = async (number: number): Promise<void> => {
    for (let at = 0; !isOver; at++) {
      const key = `${number}-${at % 10}`;
      const known = values.get(key) ?? { acknowledged: -1, tried: -1 };
      values.set(key, known);
      known.tried = at;
      try {
        await namespace.put(key, `${at} `.repeat(at % 3 === 0 ? 30_000 : 40), undefined, { metadata: String(at) });
      } catch (error) {
        assert.match((error as Error).message, /^Internal error/);
        continue;
      }
      known.acknowledged = at;
      acknowledged++;
      wake();
      const found = await namespace.text(key);
      assert.equal(Number.parseInt(found?.value ?? '', 10), at, 'a read right after a write');
    }
  };
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
  for (let kill = 0; kill < KILLS; kill++) {
    for (const end = acknowledged + 1 + ((kill * 7) % 40); acknowledged < end; ) {
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), writing]);
    }
    while (store.pid === undefined) await new Promise(setImmediate);
    process.kill(store.pid, 'SIGKILL');
  }
  isOver = true;
  await writing;
  for (const [key, known] of values) {
    const found = await namespace.text(key);
    if (found === null) {
      assert.equal(known.acknowledged, -1, `${key} is lost`);
      continue;
    }
    const at = Number.parseInt(found.value, 10);
    assert.ok(at >= known.acknowledged && at <= known.tried, `${key} is ${at}, of ${known.acknowledged} to ${known.tried}`);
    assert.equal(found.value, `${at} `.repeat(at % 3 === 0 ? 30_000 : 40));
    assert.equal(found.metadata, String(at));
  }
});
