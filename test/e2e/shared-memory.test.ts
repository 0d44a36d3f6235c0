/** `"shared_memory": true` in nano.jsonc: what an app gets then, and what it does not get without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { check } from '../support/expectation.ts';
import { dev, serve, type TestServer } from '../support/server.ts';

/** A module that imports nothing, has a shared memory "m", and waits for it in "f". */
const WAITING = '0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,5,4,1,3,1,2,7,9,2,1,109,2,0,1,102,0,0,10,14,1,12,0,65,0,65,0,66,127,254,1,2,0,11';

const APP = `
const seen = new TextDecoder().decode.bind(new TextDecoder());
const view = (text) => { const bytes = new Uint8Array(new SharedArrayBuffer(text.length)); new TextEncoder().encodeInto(text, bytes); return bytes; };
const shared = () => view('shared');
const attempt = async (f) => { try { return await f(); } catch (error) { return error.name + ': ' + error.message; } };
const tests = {
  names: () => [typeof SharedArrayBuffer, SharedArrayBuffer.name, SharedArrayBuffer.length, Object.keys(globalThis).includes('SharedArrayBuffer'), 'waitAsync' in Atomics],
  atomics: () => { const cells = new Int32Array(new SharedArrayBuffer(8)); Atomics.add(cells, 0, 5); return [Atomics.load(cells, 0), Atomics.notify(cells, 0)]; },
  wait: () => attempt(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0)),
  waitOfNothing: () => attempt(() => Atomics.wait(new Int32Array(8), 0, 0)),
  memory: () => { const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true }); const { buffer } = memory; memory.grow(1); return [buffer.constructor === SharedArrayBuffer, buffer.byteLength, memory.buffer.byteLength]; },
  memoryLimit: () => attempt(() => { const memory = new WebAssembly.Memory({ initial: 1, maximum: 30000, shared: true }); for (;;) memory.grow(100); }),
  waitingModule: () => attempt(() => { const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(${WAITING}))); return [exports.m.buffer instanceof SharedArrayBuffer, exports.f()]; }),
  growable: () => attempt(() => { const buffer = new SharedArrayBuffer(0, { maxByteLength: 1 << 20 }); buffer.grow(9); return [buffer.byteLength, buffer.growable]; }),
  growableLimit: () => attempt(() => { const kept = []; for (;;) { const buffer = new SharedArrayBuffer(0, { maxByteLength: 1 << 24 }); buffer.grow(1 << 24); kept.push(buffer); } }),
  decode: () => [seen(shared()), seen(shared().buffer), new TextDecoder('utf-16le').decode(view('a\\0b\\0'))],
  decodeLong: () => { const long = view('\\u00e9'.repeat(40_000)); return new TextDecoder('windows-1252').decode(long).length; },
  decodeGrowable: () => attempt(() => seen(new Uint8Array(new SharedArrayBuffer(1, { maxByteLength: 2 })))),
  encode: () => { const into = shared(); return [new TextEncoder().encodeInto('ab', into).written, seen(into)]; },
  clone: () => attempt(() => structuredClone(shared())),
  cloneBuffer: () => attempt(() => structuredClone(shared().buffer)),
  cloneMemory: () => attempt(() => structuredClone(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }))),
  post: () => attempt(() => new MessageChannel().port1.postMessage(shared())),
  body: () => attempt(() => new Response(shared())),
  blob: () => attempt(() => new Blob([shared()])),
  random: () => attempt(() => crypto.getRandomValues(shared())),
  digest: () => attempt(() => crypto.subtle.digest('SHA-256', shared())),
  compression: () => attempt(async () => { const { writable, readable } = new CompressionStream('gzip'); readable.getReader().read().catch(() => {}); await writable.getWriter().write(shared()); }),
  bytes: () => attempt(() => new ReadableStream({ type: 'bytes', start(controller) { controller.enqueue(shared()); } }) && 0),
  byob: () => attempt(() => new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' }).read(shared())),
  socket: () => attempt(() => { const [one, two] = Object.values(new WebSocketPair()); one.accept(); two.accept(); one.send(shared()); }),
  kv: async () => { await env.KV.put('key', shared()); return env.KV.get('key'); },
  r2: async () => attempt(async () => { await env.R2.put('key', shared()); return (await env.R2.get('key')).text(); }),
  console: () => { console.log(shared(), shared().buffer, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })); return 'logged'; },
  streamed: () => new Response(new ReadableStream({ start(controller) { controller.enqueue(shared()); controller.close(); } })),
  loop: () => { for (;;) Atomics.load(new Int32Array(new SharedArrayBuffer(8)), 0); },
};
let env;
export default {
  async fetch(request, given) {
    env = given;
    const answer = await tests[new URL(request.url).pathname.slice(1)]();
    return answer instanceof Response ? answer : Response.json(answer);
  },
};
`;
const CONFIG = JSON.stringify({
  name: 'threads',
  main: 'index.js',
  compatibility_date: '2026-10-01',
  kv_namespaces: [{ binding: 'KV', id: 'kv' }],
  r2_buckets: [{ binding: 'R2', bucket_name: 'bucket' }],
  nano: { limits: { memory_mb: 64, cpu_ms: 300 } },
});
const SETTING = '{ "shared_memory": true }';
const NOT_CLONED = 'DataCloneError: ';

const EXPECTED: Record<string, unknown> = {
  names: ['function', 'SharedArrayBuffer', 1, false, false],
  atomics: [5, 0],
  wait: 'TypeError: Atomics.wait cannot be called in this context',
  waitOfNothing: 'TypeError: [object Int32Array] is not a shared typed array.',
  memory: [true, 65_536, 131_072],
  memoryLimit: /^(RangeError|Error): .*(Unable to grow|Maximum memory size exceeded|Out of memory)/,
  waitingModule: 'RuntimeError: unreachable',
  growable: [9, true],
  growableLimit: 'RangeError: Array buffer allocation failed',
  decode: ['shared', 'shared', 'ab'],
  decodeLong: 40_000,
  decodeGrowable: /^TypeError/,
  encode: [2, 'abared'],
  clone: new RegExp(`^${NOT_CLONED}`),
  cloneBuffer: new RegExp(`^${NOT_CLONED}`),
  cloneMemory: new RegExp(`^${NOT_CLONED}`),
  post: new RegExp(`^${NOT_CLONED}`),
  body: /^TypeError/,
  blob: /^TypeError/,
  random: /^TypeError/,
  digest: /^TypeError/,
  compression: /^TypeError/,
  bytes: /^TypeError/,
  byob: /^TypeError/,
  socket: /^TypeError/,
  kv: 'shared',
  r2: 'shared',
  console: 'logged',
};

async function expectAll(server: TestServer): Promise<void> {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    const { status, text } = await server.get('threads', `/${name}`);
    assert.equal(status, 200, `${name}: ${text}`);
    if (expected instanceof RegExp) assert.match(JSON.parse(text) as string, expected, name);
    else assert.deepEqual(JSON.parse(text), expected, name);
  }
  await check(server, 'threads', { name: 'a body of shared chunks', ask: { path: '/streamed' }, text: 'shared' });
}

const apps = (): string => folder({ 'apps/threads/index.js': APP, 'apps/threads/wrangler.jsonc': CONFIG, 'nano.jsonc': SETTING });

test('serve: with the setting apps have shared memory, and the limits hold', async (t) => {
  const dir = apps();
  const server = await serve(t, `${dir}/apps`, ['--config', '../nano.jsonc', '--data', folder()]);
  await expectAll(server);
  assert.notEqual((await server.get('threads', '/loop')).status, 200);
  assert.equal((await server.get('threads', '/atomics')).status, 200);
});

test('dev: with the setting apps have shared memory', async (t) => {
  const server = await dev(t, folder({ 'index.js': APP, 'wrangler.jsonc': CONFIG, 'nano.jsonc': SETTING }));
  await expectAll(server);
});

test('without the setting nobody has any, and no way leads to it', async (t) => {
  const source = `const reach = (f) => { try { return String(f()); } catch (error) { return error.name; } };
export default { fetch: () => Response.json([
  reach(() => typeof SharedArrayBuffer), reach(() => 'wait' in Atomics), reach(() => 'waitAsync' in Atomics),
  reach(() => new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })),
  reach(() => new WebAssembly.Module(Uint8Array.of(${WAITING}))),
  reach(() => Reflect.ownKeys(globalThis).filter((name) => /shared/i.test(String(name)))),
  reach(() => Object.getOwnPropertyNames(Object.getPrototypeOf(Int8Array)).includes('shared')),
]) };`;
  const server = await serve(t, folder({ 'stranger.js': source }));
  assert.deepEqual(JSON.parse((await server.get('stranger')).text), ['undefined', 'false', 'false', 'TypeError', 'CompileError', '', 'false']);
});
