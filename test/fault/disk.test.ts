/**
 * A disk that is slow, and one that is read-only.
 *
 * A process that waits for its disk stands still; so does one that is stopped, which takes no luck and no mounting.
 */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { processesOf } from '../support/processes.ts';
import type { Answer } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `
const kinds = {
  kv: { put: ({ KV }, v) => KV.put('key', v), get: ({ KV }) => KV.get('key') },
  large: { put: ({ KV }, v) => KV.put('large', v.repeat(100_000)), get: async ({ KV }) => (await KV.get('large'))?.slice(0, 3) },
  r2: { put: ({ BUCKET }, v) => BUCKET.put('key', v), get: async ({ BUCKET }) => (await BUCKET.get('key'))?.text() },
  queue: { put: ({ JOBS }, v) => JOBS.send(v), get: ({ KV }) => KV.get('key') },
  d1: {
    put: async ({ DB }, v) => DB.batch([DB.prepare('CREATE TABLE IF NOT EXISTS t (v)'), DB.prepare('DELETE FROM t'), DB.prepare('INSERT INTO t VALUES (?)').bind(v)]),
    get: async ({ DB }) => (await DB.prepare('SELECT v FROM t').first())?.v,
  },
  cache: {
    put: (env, v) => caches.default.put('http://cache/key', new Response(v, { headers: { 'cache-control': 'max-age=600' } })),
    get: async () => (await caches.default.match('http://cache/key'))?.text(),
  },
};
export default {
  async fetch(request, env) {
    const [, kind, v] = new URL(request.url).pathname.split('/');
    try {
      return new Response(v === undefined ? await kinds[kind].get(env) : (await kinds[kind].put(env, v), 'put'));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};
`;
const KINDS = ['kv', 'large', 'r2', 'queue', 'd1', 'cache'];
const wrangler = (name: string): string =>
  JSON.stringify({
    name,
    main: 'index.js',
    compatibility_date: '2026-01-01',
    kv_namespaces: [{ binding: 'KV' }],
    d1_databases: [{ binding: 'DB' }],
    r2_buckets: [{ binding: 'BUCKET' }],
    queues: { producers: [{ binding: 'JOBS', queue: 'jobs' }] },
  });
const apps = (): string =>
  folder({
    'one/index.js': APP,
    'one/wrangler.json': wrangler('one'),
    'two/index.js': APP,
    'two/wrangler.json': wrangler('two'),
    'none.js': 'export default { fetch: () => new Response("none") };',
  });

const put = (server: TestServer, kind: string, value: string, app = 'one'): Promise<Answer> => server.get(app, `/${kind}/${value}`);
const read = async (server: TestServer, kind: string, app = 'one'): Promise<string> => (await server.get(app, `/${kind}`)).text;

/** Changes who may write below a folder. */
function setWritable(dir: string, isWritable: boolean): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) setWritable(path, isWritable);
    else chmodSync(path, isWritable ? 0o644 : 0o444);
  }
  chmodSync(dir, isWritable ? 0o755 : 0o555);
}

suite('disk', { skip: process.platform !== 'linux' }, () => {
  test('slow: writes wait and are kept; reads of rows, D1 and other apps go on', async (t) => {
    const server = await serve(t, apps(), ['--data', folder()]);
    for (const kind of KINDS) assert.equal((await put(server, kind, '1')).text, 'put');
    const [store] = processesOf(server, 'store');
    assert.ok(store !== undefined);
    process.kill(store, 'SIGSTOP');
    let answered = 0;
    const waiting = KINDS.filter((kind) => kind !== 'd1').map(async (kind) => {
      const answer = await put(server, kind, '2');
      answered++;
      return [kind, answer.text];
    });
    assert.equal((await put(server, 'd1', '2')).text, 'put');
    assert.equal(await read(server, 'd1'), '2');
    assert.equal((await server.get('none')).text, 'none');
    // From the database itself: what has been committed.
    assert.equal(await read(server, 'kv'), '1');
    assert.equal(answered, 0, 'nothing is acknowledged that is not written');
    process.kill(store, 'SIGCONT');
    assert.deepEqual(
      await Promise.all(waiting),
      KINDS.filter((kind) => kind !== 'd1').map((kind) => [kind, 'put']),
    );
    for (const kind of ['kv', 'r2', 'cache']) assert.equal(await read(server, kind), '2', kind);
    assert.equal(await read(server, 'large'), '222');
  });

  test('slow: a D1 write that waits for the disk is kept, and holds up nothing else', async (t) => {
    const server = await serve(t, apps(), ['--data', folder()]);
    for (const kind of KINDS) assert.equal((await put(server, kind, '1')).text, 'put');
    const stopped = processesOf(server, 'sql-worker');
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    const waiting = put(server, 'd1', '2');
    for (const kind of KINDS.filter((each) => each !== 'd1')) assert.equal((await put(server, kind, '2')).text, 'put', kind);
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    assert.equal((await waiting).text, 'put');
    assert.equal(await read(server, 'd1'), '2');
  });

  test('read-only: every write is refused, nothing is lost or set aside, and all goes on once it can be written', async (t) => {
    const [dir, data] = [apps(), folder()];
    const first = await serve(t, dir, ['--data', data]);
    for (const kind of KINDS) assert.equal((await put(first, kind, '1')).text, 'put');
    await first.process.stop();
    const folders = ['storage', 'sql'].map((name) => join(data, name));
    for (const path of folders) setWritable(path, false);
    t.after(() => {
      for (const path of folders) setWritable(path, true);
    });
    const second = await serve(t, dir, ['--data', data]);
    for (const kind of KINDS) {
      const { status, text } = await put(second, kind, '2');
      // A cache that cannot keep something is no error.
      if (kind === 'cache') continue;
      assert.equal(status, 500, `${kind}: ${text}`);
      assert.match(text, /internal error|D1_ERROR/i, kind);
    }
    assert.equal((await second.get('none')).text, 'none');
    for (const path of folders) setWritable(path, true);
    for (const kind of ['kv', 'r2', 'd1']) assert.equal(await read(second, kind), '1', kind);
    assert.equal(await read(second, 'large'), '111');
    for (const kind of KINDS) assert.equal((await put(second, kind, '3')).text, 'put', kind);
    for (const kind of ['kv', 'r2', 'd1', 'cache']) assert.equal(await read(second, kind), '3', kind);
    const aside = folders.flatMap((path) => (readdirSync(path, { recursive: true }) as string[]).filter((name) => name.includes('damaged')));
    assert.deepEqual(aside, []);
  });
});
