import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { serve } from '../support/server.ts';

/** Reads every clock there is, works for some milliseconds, and reads them again. */
const CLOCKS = `
const clocks = {
  now: () => Date.now(), construct: () => +new Date(), subclass: () => +new (class extends Date {})(), reflect: () => +Reflect.construct(Date, []),
  constructor: () => +new (new Date(0).constructor)(), call: () => Date(), performance: () => performance.now(), event: () => new Event('x').timeStamp, file: () => new File([], 'x').lastModified,
  format: () => { const f = new Intl.DateTimeFormat('en', { fractionalSecondDigits: 3, second: 'numeric' }); return [f.format(), f.formatToParts().map((part) => part.value).join('')].join(); },
  temporal: () => typeof Temporal === 'undefined' ? 0 : [Temporal.Now.instant(), Temporal.Now.zonedDateTimeISO(), Temporal.Now.plainDateTimeISO(), Temporal.Now.plainTimeISO(), Temporal.Now.plainDateISO('UTC')].join(),
  mark: () => performance.mark('m').startTime,
};
const read = () => Object.fromEntries(Object.entries(clocks).map(([name, clock]) => [name, clock()]));
const work = () => { let sum = 0; for (let i = 0; i < 3e7; i++) sum += i % 7; return sum; };
export default {
  async fetch(request) {
    const patched = new URL(request.url).pathname === '/patched';
    if (patched) Array.prototype[Symbol.iterator] = function* () {};
    const before = patched ? [String(Temporal.Now.instant())] : read();
    work();
    await null;
    const after = patched ? [String(Temporal.Now.instant())] : read();
    if (patched) return new Response(String(before[0] === after[0]));
    await scheduler.wait(5);
    const later = read();
    return Response.json({ before, after, moved: later.now > after.now && later.performance > after.performance });
  },
};`;

test('timers: with coarse ones no clock moves while code runs, and every one does with I/O', async (t) => {
  const server = await serve(t, folder({ 'clock.js': CLOCKS }));
  const { before, after, moved } = JSON.parse((await server.get('clock')).text);
  assert.deepEqual(after, before);
  assert.equal(moved, true);
  assert.equal(Math.abs(before.now - Date.now()) < 60_000, true);
  assert.equal((await server.get('clock', '/patched')).text, 'true');
});

const WAITS = `export default {
  async fetch(request, env) {
    const slow = env.DB.prepare('WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 300000) SELECT count(*) AS n FROM n');
    const before = Date.now();
    await slow.first();
    const between = Date.now();
    await env.DB.batch([slow, env.DB.prepare('SELECT abs(-9223372036854775808)')]).catch(() => undefined);
    return Response.json([between > before, Date.now() > between]);
  },
};`;

test('timers: coarse ones go on with the answers of bindings, whether they are values or errors', async (t) => {
  const config = { main: 'index.js', compatibility_date: '2026-01-01', d1_databases: [{ binding: 'DB', database_id: 'db' }] };
  const server = await serve(t, folder({ 'waits/wrangler.json': JSON.stringify(config), 'waits/index.js': WAITS }), ['--data', folder()]);
  assert.deepEqual(JSON.parse((await server.get('waits')).text), [true, true]);
});

test('timers: the operator may let them run, an app may ask for coarse ones', async (t) => {
  const app = (own: string): string => `{ "main": "index.js", "compatibility_date": "2026-01-01"${own} }`;
  const files = {
    'nano.jsonc': '{ "timers": "precise" }',
    'apps/precise/wrangler.jsonc': app(''),
    'apps/precise/index.js': CLOCKS,
    'apps/coarse/wrangler.jsonc': app(', "timers": "coarse"'),
    'apps/coarse/index.js': CLOCKS,
  };
  const dir = folder(files);
  const server = await serve(t, `${dir}/apps`, ['--config', `${dir}/nano.jsonc`]);
  const [precise, coarse] = await Promise.all(['precise', 'coarse'].map(async (name) => JSON.parse((await server.get(name)).text)));
  assert.ok(precise.after.now > precise.before.now && precise.after.temporal !== precise.before.temporal);
  assert.deepEqual(coarse.after, coarse.before);
});
