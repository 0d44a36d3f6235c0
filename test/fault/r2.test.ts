/**
 * Engines and the store process are killed while an app writes objects: what was acknowledged is there, and whole,
 * and nothing torn is ever seen.
 *
 * NANO_R2_KILLS sets the number of kills, for a soak.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { runNano } from '../support/nano-process.ts';
import { type Program, processesOf } from '../support/processes.ts';
import { serve } from '../support/server.ts';

const KILLS = Number(process.env['NANO_R2_KILLS'] ?? 4);
const WRITERS = 4;
/** Each writer replaces its own objects again and again. */
const KEYS = 6;
/** Acknowledged writes between two kills. */
const WRITES = 30;
/** In the database, in a file, in a file that takes several writes. */
const SIZES = [200, 100_000, 2_500_000];
/** Who is killed, in turns. */
const VICTIMS = ['store', 'engine'];

const APP = `export default {
  async fetch(request, { BUCKET }) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === 'PUT') return Response.json({ etag: (await BUCKET.put(key, request.body)).etag });
    const object = await BUCKET.get(key);
    return object === null ? new Response(null, { status: 404 }) : new Response(object.body, { headers: { etag: object.etag } });
  },
};
`;

/** What the nth write of a key puts: no part of it could be taken for another's. */
function valueOf(key: string, version: number): Buffer {
  const text = `${key} ${version} `;
  return Buffer.alloc(SIZES[(version + key.length) % SIZES.length] as number, text);
}

test('r2: nothing acknowledged is lost when processes are killed, and nothing torn is seen', { timeout: 60_000 + KILLS * 20_000 }, async (t) => {
  const dir = folder({
    'app/index.js': APP,
    'app/wrangler.json': JSON.stringify({
      name: 'app',
      main: 'index.js',
      compatibility_date: '2026-01-01',
      r2_buckets: [{ binding: 'BUCKET', bucket_name: 'fault' }],
    }),
  });
  const data = folder();
  const server = await serve(t, dir, ['--data', data]);
  /** By key: the last version that was acknowledged, and the last that was tried. */
  const known = new Map<string, { acknowledged: number; tried: number }>();
  const troubles: string[] = [];
  let count = 0;
  let isOver = false;
  let wake = (): void => {};

  const check = async (key: string, least: number): Promise<void> => {
    const answer = await server.get('app', `/${key}`).catch(() => undefined);
    // An engine that was killed answers nothing; a store that is away is an error.
    if (answer === undefined || (answer.status !== 200 && answer.status !== 404)) return;
    const { tried } = known.get(key) as { tried: number };
    const version = Number(/^\S+ (\d+) /.exec(answer.text.slice(0, 60))?.[1] ?? -1);
    if (answer.status === 404 ? least >= 0 : version < least || version > tried || !answer.bytes.equals(valueOf(key, version)))
      troubles.push(`${key}: status ${answer.status}, version ${version} of ${answer.bytes.length} bytes, where at least ${least} was acknowledged`);
    if (answer.status === 200 && answer.headers.etag !== createHash('md5').update(answer.bytes).digest('hex')) troubles.push(`${key}: another entity tag`);
  };
  const writer = async (number: number): Promise<void> => {
    for (let version = 0; !isOver; version++) {
      const key = `${number}-${version % KEYS}`;
      const state = known.get(key) ?? { acknowledged: -1, tried: -1 };
      known.set(key, state);
      state.tried = version;
      const value = valueOf(key, version);
      const answer = await server
        .get('app', `/${key}`, { method: 'PUT', body: value, headers: { 'content-length': String(value.length) } })
        .catch(() => undefined);
      if (answer?.status === 200) {
        state.acknowledged = version;
        count++;
        wake();
      }
      await check(key, state.acknowledged);
    }
  };
  const more = async (wanted: number): Promise<void> => {
    for (const end = count + wanted; count < end; )
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };

  const writers = Array.from({ length: WRITERS }, (_, number) => writer(number));
  await more(WRITES);
  for (let kill = 0; kill < KILLS; kill++) {
    const pid = processesOf(server, VICTIMS[kill % VICTIMS.length] as Program).at(-1);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await more(WRITES);
  }
  isOver = true;
  await Promise.all(writers);
  for (const [key, { acknowledged }] of known) await check(key, acknowledged);
  assert.deepEqual(troubles, []);

  // What the folder has, to another process.
  await server.process.stop();
  const { stdout } = await runNano(['r2', 'object', 'list', 'fault', '--json', '--data', data], {});
  const listed = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { key: string }).key);
  const missing = [...known].filter(([key, { acknowledged }]) => acknowledged >= 0 && !listed.includes(key));
  assert.deepEqual(missing, []);
});
