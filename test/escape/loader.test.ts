/** Workers that a worker loads, one of them hostile, or the one that loads: nobody else is harmed, and whoever called it hears of it. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { AppUsage } from '../../src/control/admin-server.ts';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const PARENT = `
import { WorkerEntrypoint } from 'cloudflare:workers';
const withImport = (source) => (source.includes('extends WorkerEntrypoint') && !source.includes('{ WorkerEntrypoint }') ? source + '\\nimport { WorkerEntrypoint } from "cloudflare:workers";' : source);
const code = (source, more) => ({ compatibilityDate: '2026-01-01', mainModule: 'main.js', modules: { 'main.js': withImport(source) }, ...more });
const GOOD = 'export default class extends WorkerEntrypoint { fine() { return "fine"; } };';
const named = (name) => ({ compatibilityDate: '2026-01-01', mainModule: name, modules: { [name]: { js: withImport(GOOD) } } });
const load = (env, source, more) => env.LOADER.load(code(source, more)).getEntrypoint();
const LOOP = 'export default class extends WorkerEntrypoint { loop() { for (;;); } };';
const COUNTER = 'let n = 0; export default class extends WorkerEntrypoint { next() { return ++n; } };';
let kept;
export class Secret extends WorkerEntrypoint { tell() { return 'the secret'; } }
export class Again extends WorkerEntrypoint { again(n) { return nested(this.env, this.ctx, n); } }
const nested = (env, ctx, n) =>
  load(env, 'import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { go(n) { return this.env.AGAIN.again(n + 1); } }', { env: { AGAIN: ctx.exports.Again({}) } }).go(n);
const cases = {
  fine: (env) => load(env, GOOD).fine(),
  loop: (env) => load(env, 'export default class extends WorkerEntrypoint { loop() { for (;;); } };').loop(),
  'loop-fetch': (env) => load(env, 'export default { fetch() { for (;;); } };').fetch('http://x/'),
  memory: (env) => load(env, 'export default class extends WorkerEntrypoint { fill() { const all = []; for (;;) all.push(new Array(100000).fill(Math.random())); } };').fill(),
  'start-loop': (env) => load(env, 'for (;;);').x(),
  'low-cpu': (env) => load(env, 'export default class extends WorkerEntrypoint { loop() { for (;;); } };', { limits: { cpuMs: 10 } }).loop(),
  'no-cpu': (env) => load(env, LOOP, { limits: { cpuMs: 0 } }).loop(),
  'no-cpu-call': (env) => env.LOADER.load(code(LOOP)).getEntrypoint(null, { limits: { cpuMs: 0.3 } }).loop(),
  'high-cpu': (env) => load(env, 'export default class extends WorkerEntrypoint { loop() { for (;;); } };', { limits: { cpuMs: 1e9 } }).loop(),
  never: (env) => env.LOADER.get('never', () => new Promise(() => {})).getEntrypoint().x(),
  'code-getter': (env) => env.LOADER.get('getter', () => ({ get modules() { throw new Error('a getter threw'); } , compatibilityDate: '2026-01-01', mainModule: 'a' })).getEntrypoint().x(),
  'names': async (env) => {
    const said = [];
    for (const name of ['../up.js', '/abs.js', 'a//b.js', '', 'a\\\\b.js', 'x'.repeat(600) + '.js', '\\0.js']) {
      said.push(await env.LOADER.load(named(name)).getEntrypoint().fine().then(() => 'loaded', (error) => error.name));
    }
    return said;
  },
  'odd-names': async (env) => {
    const said = [];
    for (const name of ['__proto__', 'constructor', 'nano:meta', 'cloudflare:workers']) said.push(await env.LOADER.load({ compatibilityDate: '2026-01-01', mainModule: name, modules: JSON.parse('{"' + name + '":{"js":' + JSON.stringify(withImport(GOOD)) + '}}') }).getEntrypoint().fine().catch((error) => error.name));
    return said;
  },
  'imports-out': (env) => load(env, 'import x from "../../../etc/passwd"; export default {};').x(),
  'imports-host': (env) => load(env, 'export default class extends WorkerEntrypoint { async go() { try { await import("node:fs"); return "got it"; } catch (error) { return "refused"; } } };').go(),
  'nano-meta': (env) => load(env, 'import * as meta from "nano:meta"; export default class extends WorkerEntrypoint { go() { return Object.keys(meta); } };').go(),
  'boot-global': (env) => load(env, 'const seen = typeof __nano; export default class extends WorkerEntrypoint { go() { return seen; } };').go(),
  huge: (env) => load(env, '/*' + 'x'.repeat(11 * 1024 * 1024) + '*/').x(),
  'taken-names': (env) => {
    let source = 'export default class extends WorkerEntrypoint { fine() { return import.meta.url; } }; /*';
    for (let i = 0; i < 36 ** 3; i++) source += '__meta' + i.toString(36).padStart(5, '0') + ' ';
    return load(env, source + '*/').fine();
  },
  'many-modules': (env) => env.LOADER.load({ ...code(''), modules: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => ['m' + i + '.js', ''])) }).getEntrypoint().x(),
  'many-in-hand': async (env) => {
    for (let i = 0; i < 60; i++) await load(env, GOOD).fine();
    return 'all of them';
  },
  'one-id': (env) => env.LOADER.get('one', () => code(COUNTER)).getEntrypoint().next(),
  'ten-ids': async (env, _ctx, url) => {
    for (let i = 0; i < 10; i++) await env.LOADER.get(url.search + i, () => code(COUNTER)).getEntrypoint().next();
    return 'ten';
  },
  'long-id': (env) => env.LOADER.get('x'.repeat(100000), () => code(GOOD)).getEntrypoint().fine(),
  keep: (env) => { kept = env.LOADER.get('kept', () => code(GOOD)).getEntrypoint(); return kept.fine(); },
  kept: () => kept.fine(),
  env: (env) => load(env, 'import { env } from "cloudflare:workers"; export default { async fetch(request, given) { return Response.json([Object.keys(env), Object.keys(given)]); } };').fetch('http://x/').then((r) => r.text()),
  exports: (env) => load(env, 'import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { go() { return [Object.keys(this.ctx.exports), String(this.ctx.exports.Secret)]; } }').go(),
  'pass-out': (env) => load(env, 'import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { go() { return this.ctx.exports.default({}); } }').go(),
  nowhere: (env) => load(env, 'import { connect } from "cloudflare:sockets"; export default class extends WorkerEntrypoint { async go() { const said = []; for (const way of [() => fetch("http://127.0.0.1/"), async () => { const s = connect("127.0.0.1:80"); await s.opened; }, () => new Promise((resolve, reject) => { const ws = new WebSocket("ws://127.0.0.1/"); ws.addEventListener("open", resolve); ws.addEventListener("error", () => reject(new Error("closed"))); })]) said.push(await Promise.resolve().then(way).then(() => "reached", () => "refused")); return said; } };', { globalOutbound: null }).go(),
  inherits: (env) => load(env, 'export default class extends WorkerEntrypoint { go() { return fetch("http://127.0.0.1/"); } };').go(),
  cache: (env) => load(env, 'export default class extends WorkerEntrypoint { async go() { return (await caches.default.match("http://x/")) === undefined; } };').go(),
  nested: (env, ctx) => nested(env, ctx, 0),
  hoard: async (env) => {
    const source = 'const kept = []; export default class extends WorkerEntrypoint { hoard() { for (let i = 0; i < 40; i++) kept.push(new Uint8Array(1 << 20).fill(1)); return kept.length; } };';
    let hoards = 0;
    for (let i = 0; i < 14; i++) hoards += (await env.LOADER.get('hoard' + i, () => code(source)).getEntrypoint().hoard()) === 40;
    return hoards;
  },
  patched: (env) => {
    Array.prototype.toJSON = () => ['changed'];
    try { return load(env, GOOD).fine(); } finally { delete Array.prototype.toJSON; }
  },
};
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    try {
      return new Response(String(await cases[url.pathname.slice(1)](env, ctx, url)));
    } catch (error) {
      return new Response('caught ' + error.name + ': ' + error.message);
    }
  },
};`;

suite('worker loaders: hostile code and hostile loaders', () => {
  const owner = suiteOwner();
  let server: TestServer;
  const ask = async (path: string, app = 'parent'): Promise<string> => (await server.get(app, `/${path}`)).text;
  before(async () => {
    server = await serve(
      owner,
      folder({
        'parent/index.js': PARENT,
        'parent/wrangler.json': JSON.stringify({
          name: 'parent',
          main: 'index.js',
          compatibility_date: '2026-01-01',
          vars: { SECRET: 'of the parent' },
          worker_loaders: [{ binding: 'LOADER' }],
          limits: { cpu_ms: 300 },
          nano: { limits: { memory_mb: 64 } },
        }),
        // Half a gigabyte takes long to be written on a busy machine: no CPU limit of its own.
        'hoarder/index.js': PARENT,
        'hoarder/wrangler.json': JSON.stringify({
          name: 'hoarder',
          main: 'index.js',
          compatibility_date: '2026-01-01',
          worker_loaders: [{ binding: 'LOADER' }],
          nano: { limits: { memory_mb: 64 } },
        }),
      }),
      ['--data', folder()],
    );
  });

  for (const path of ['loop', 'loop-fetch', 'low-cpu', 'no-cpu', 'no-cpu-call', 'high-cpu']) {
    test(`${path}: the loaded worker is stopped, its parent hears it and goes on`, async () => {
      assert.equal(await ask(path), 'caught Error: Worker exceeded CPU time limit.');
      assert.equal(await ask('fine'), 'fine');
    });
  }
  test('memory: the loaded worker alone is taken down', async () => {
    assert.match(await ask('memory'), /^caught Error: Worker exceeded (memory|CPU time) limit\.$/);
    assert.equal(await ask('fine'), 'fine');
  });
  test('start-loop: start-up has its limit', async () => {
    assert.match(await ask('start-loop'), /^caught Error: Failed to start Worker:\nUncaught Error: Script startup exceeded CPU time limit/);
    assert.equal(await ask('fine'), 'fine');
  });
  test('never: a callback that never settles holds up its own request only', async () => {
    const { status } = await server.get('parent', '/never');
    assert.equal(status, 500);
    assert.equal(await ask('fine'), 'fine');
  });
  const said: Readonly<Record<string, string | RegExp>> = {
    'code-getter': 'caught Error: a getter threw',
    names: 'TypeError,TypeError,TypeError,TypeError,TypeError,TypeError,TypeError',
    'imports-out': /^caught Error: Failed to start Worker:\nUncaught Error: No such module/,
    'imports-host': 'refused',
    'nano-meta': /^caught Error: Failed to start Worker:\nUncaught Error: No such module "nano:meta"/,
    'boot-global': 'undefined',
    huge: /^caught Error: Dynamic Worker code size/,
    'taken-names': /^caught Error: Failed to start Worker:\nUncaught SyntaxError: No unused name/,
    'many-modules': 'caught Error: A dynamic worker may have 1000 modules.',
    'many-in-hand': 'caught Error: Too many dynamic workers are in use.',
    'long-id': 'caught RangeError: The id of a dynamic worker may have 1024 characters.',
    env: '[[],[]]',
    exports: 'default,undefined',
    'pass-out': /^caught DataCloneError: Entrypoints to dynamically-loaded workers cannot be transferred/,
    nowhere: 'refused,refused,refused',
    inherits: /^caught .*(private|not allowed|refused|denied|forbidden)/i,
    cache: 'caught Error: There are no caches here.',
    nested: /Subrequest depth limit exceeded/,
    // What an app does to its own JSON is its own harm: the host reads what it is given.
    patched: 'fine',
  };
  for (const [path, expected] of Object.entries(said)) {
    test(`${path}: comes to what it should`, async () => {
      const text = await ask(path);
      if (typeof expected === 'string') assert.equal(text, expected);
      else assert.match(text, expected);
      assert.equal(await ask('fine'), 'fine');
    });
  }
  test('odd-names: are names or refused, and nothing else', async () => {
    for (const one of (await ask('odd-names')).split(',')) assert.match(one, /^(fine|TypeError|Error)$/);
  });
  test('kept: an entrypoint is good for its request only', async () => {
    assert.equal(await ask('keep'), 'fine');
    assert.match(await ask('kept'), /Cannot perform I\/O on behalf of a different request/);
  });
  test('ids: the least recently used goes when there are many', async () => {
    assert.equal(await ask('one-id'), '1');
    assert.equal(await ask('one-id'), '2');
    for (let i = 0; i < 4; i++) assert.equal(await ask(`ten-ids?${i}`), 'ten');
    assert.equal(await ask('one-id'), '1');
  });
  test('hoard: what an app has loaded has four times its memory together', async () => {
    assert.equal(await ask('hoard', 'hoarder'), '14');
    for (let tries = 0; ; tries++) {
      const { heapBytes, externalBytes } = JSON.parse((await server.admin('/apps/hoarder/usage')).text) as AppUsage;
      if (externalBytes > 0 && heapBytes + externalBytes < 5 * 64 * 1024 * 1024) break;
      assert.ok(tries < 40, `${heapBytes} and ${externalBytes} bytes`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    assert.equal(await ask('fine', 'hoarder'), 'fine');
  });
  test('accounts: log and limits are the parent’s', () => {
    assert.ok(server.process.all({ event: 'limit', app: 'parent' }).length > 0);
    assert.equal(server.process.all({ event: 'request' }).filter(({ app }) => app !== 'parent' && app !== 'hoarder').length, 0);
  });
});
