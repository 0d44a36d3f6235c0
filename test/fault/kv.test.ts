/**
 * The store process is killed while apps write: what was acknowledged is there, and nothing torn is.
 *
 * NANO_KV_KILLS sets the number of kills, for a soak.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { serve, type TestServer } from '../support/server.ts';

const KILLS = Number(process.env['NANO_KV_KILLS'] ?? 4);
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

/** The store process of a server; undefined while there is none. */
function storePid(server: TestServer): number | undefined {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args=']).toString().split('\n');
  const children = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter((match) => Number(match?.[2]) === nanoPid(lines, server));
  const found = children.find((match) => /[/\\]server[/\\]store\.[jt]s/.test(String(match?.[3])));
  return found === undefined ? undefined : Number(found?.[1]);
}

/** bin/nano.js may have started another Node, which is the server then. */
function nanoPid(lines: readonly string[], server: TestServer): number {
  const { pid } = server.process.child;
  const inner = lines
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .find((match) => Number(match?.[2]) === pid && /nano\.js|cli/.test(String(match?.[3])) && !/server/.test(String(match?.[3])));
  return inner === undefined ? (pid as number) : Number(inner?.[1]);
}

test('kv: nothing acknowledged is lost when the store process is killed, and nothing torn is seen', { timeout: 60_000 + KILLS * 20_000 }, async (t) => {
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
  for (let kill = 0; kill < KILLS; kill++) {
    await more(WRITES + kill);
    const pid = storePid(server);
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
