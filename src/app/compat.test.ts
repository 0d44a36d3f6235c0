/** Compatibility flags in real workers: each is built both ways. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appsInOnePool, type TestApps, testMessage, testRecord } from './worker.fixture.ts';

const startApps = appsInOnePool();

function setUp(source: string, date: string, ...flags: string[]): TestApps {
  const app = startApps({ a: source });
  app.apps.update([testRecord('a', { compatibilityDate: date, compatibilityFlags: flags })]);
  return app;
}

const handler = (body: string): string => `export default { async fetch(request, env, ctx) { ${body} } }`;

async function answer(body: string, date: string, ...flags: string[]): Promise<string> {
  const client = setUp(handler(body), date, ...flags).ask('a');
  await client.over;
  return client.failure === undefined ? client.text : client.failure.name;
}

test('globals: those of a flag are there by its date', async () => {
  const there = `const g = globalThis; return new Response([typeof navigator, 'MessageChannel' in g, 'MessagePort' in g, g.navigator?.language].join());`;
  assert.equal(await answer(there, '2026-01-01'), 'object,true,true,en');
  assert.equal(await answer(there, '2025-05-01'), 'object,false,false,');
  assert.equal(await answer(there, '2022-01-01'), 'undefined,false,false,');
  assert.equal(await answer(there, '2022-01-01', 'global_navigator', 'expose_global_message_channel'), 'object,true,true,');
});

test('Cloudflare: tells which flags are in force, and cannot be changed', async () => {
  const flags = `'use strict';
    const { compatibilityFlags: flags } = Cloudflare;
    const throws = (act) => { try { act(); return 'no'; } catch (error) { return error.name; } };
    return new Response([flags.global_navigator, flags.pedantic_wpt, flags.nonsense, flags.toString, Object.isFrozen(flags), flags === Cloudflare.compatibilityFlags,
      Object.keys(Cloudflare), String(Cloudflare), throws(() => { flags.global_navigator = 1; }), throws(() => { Cloudflare.compatibilityFlags = 1; })].join());`;
  const rest = 'true,true,compatibilityFlags,[object Cloudflare],TypeError,TypeError';
  assert.equal(await answer(flags, '2026-01-01'), `true,false,,,${rest}`);
  assert.equal(await answer(flags, '2022-01-01', 'pedantic_wpt'), `false,true,,,${rest}`);
  assert.equal(
    await answer(`const g = globalThis; return new Response(String(g['Cloud' + 'flare'].compatibilityFlags.global_navigator));`, '2026-01-01'),
    'true',
  );
});

test('Cloudflare: can be asked in the global scope', async () => {
  const client = setUp(
    `const { global_navigator } = Cloudflare.compatibilityFlags; ${handler('return new Response(String(global_navigator));')}`,
    '2026-01-01',
  ).ask('a');
  await client.over;
  assert.equal(client.text, 'true');
});

test('forms: files were text once, and a second argument of delete() went unheard', async () => {
  const form = `const form = new FormData(); form.set('f', new File(['content'], 'name'));
    const got = (await new Response(form).formData()).get('f');
    const params = new URLSearchParams('a=1&a=2'); params.delete('a', '1');
    return new Response((typeof got === 'string' ? got : got.name) + ' ' + params + ' ' + params.has('a', '3'));`;
  assert.equal(await answer(form, '2026-01-01'), 'name a=2 false');
  assert.equal(await answer(form, '2021-01-01'), 'content  false');
});

test('iterables: are bodies by the flag, unless they have a text of their own', async () => {
  const iterable = `const bytes = new TextEncoder();
    const sync = [bytes.encode('a'), bytes.encode('b')];
    const async_ = { async *[Symbol.asyncIterator]() { yield bytes.encode('c'); yield bytes.encode('d'); } };
    const text = { toString: () => 'text', [Symbol.iterator]: () => sync[Symbol.iterator]() };
    const texts = []; for (const body of [sync, async_, text, new String('e'), {}]) texts.push(await new Response(body).text());
    return new Response(texts.join());`;
  assert.equal(await answer(iterable, '2026-03-01'), 'ab,cd,text,e,[object Object]');
  assert.equal(await answer(iterable, '2026-01-01'), '97,98,[object Object],text,e,[object Object]');
});

const waiting = handler(`
  request.signal.addEventListener('abort', () => { console.log('aborted: ' + request.signal.reason); ctx.waitUntil(scheduler.wait(1).then(() => console.log('later'))); });
  console.log('waiting');
  await scheduler.wait(1e6);`);

/** Runs an app until its client goes away and its event is over. @returns what it logged */
async function leave(app: TestApps, until: string): Promise<string[]> {
  const client = app.ask('a', testMessage());
  while (!app.observer.lines.includes(until)) await new Promise((resolve) => setImmediate(resolve));
  client.event?.clientGone();
  while (app.apps.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
  return app.observer.lines;
}

test('request.signal: is aborted by the flag when the client goes away, and its listeners may ask for more time', async () => {
  const lines = await leave(setUp(waiting, '2026-01-01', 'enable_request_signal'), 'waiting');
  assert.deepEqual(lines, ['waiting', 'aborted: AbortError: The client has disconnected', 'later']);
});

test('request.signal: is left alone without the flag', async () => {
  assert.deepEqual(await leave(setUp(waiting, '2026-01-01'), 'waiting'), ['waiting']);
});

test('request.signal: an aborted stream, and a copy that follows by its own flag', async () => {
  const streaming = handler(`
    const copy = new Request(request);
    request.signal.onabort = () => console.log('stream aborted ' + copy.signal.aborted);
    return new Response(new ReadableStream({ async pull(controller) { await scheduler.wait(1); controller.enqueue(new Uint8Array(1)); console.log('chunk'); } }));`);
  const without = (lines: string[]): string[] => lines.filter((line) => line !== 'chunk');
  assert.deepEqual(without(await leave(setUp(streaming, '2026-01-01', 'enable_request_signal'), 'chunk')), ['stream aborted false']);
  const passing = setUp(streaming, '2026-01-01', 'enable_request_signal', 'request_signal_passthrough');
  assert.deepEqual(without(await leave(passing, 'chunk')), ['stream aborted true']);
});
