import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { IsolatePool, Prepared } from '../isolate/pool.ts';
import type { Bundle } from '../protocol/bundle.ts';
import type { Loaded } from '../protocol/ops.ts';
import { loadApp, StartupError } from './loader.ts';
import { BundleModules } from './module-source.ts';
import { testBundle, testPool, testRecord } from './worker.fixture.ts';

let pool: IsolatePool;
const taken: Prepared[] = [];
before(async () => {
  pool = await testPool(0, 32);
});
after(() => {
  for (const { isolate } of taken) isolate.dispose();
});

async function load(bundle: Bundle, changes: Parameters<typeof testRecord>[1] = {}, asScript = false): Promise<{ loaded: Loaded; lines: string[] }> {
  const prepared = await pool.take(32);
  taken.push(prepared);
  const lines: string[] = [];
  prepared.inbox.owner = { send: (_op, _event, args) => lines.push(String(args[1])), call: () => undefined };
  const source = new BundleModules(bundle);
  const { loaded } = await loadApp(prepared.realm, testRecord('a', changes), bundle, source, { script: asScript ? await source.script() : undefined });
  return { loaded, lines };
}

for (const asScript of [false, true]) {
  test(`loadApp: tells what a module exports, ${asScript ? 'run as a script' : 'run as a module'}`, async () => {
    const code = `
      import { WorkerEntrypoint } from 'cloudflare:workers';
      export default { fetch() {}, scheduled() {}, other() {} };
      export class Admin extends WorkerEntrypoint { fetch() {} }
      export const util = { help() {} };
      export const named = { fetch() {} };
      export function f() {}
      export const n = 5;`;
    const { loaded } = await load(testBundle({ 'index.js': code }), {}, asScript);
    assert.deepEqual(loaded, { entrypoints: { default: ['fetch', 'scheduled'], Admin: ['fetch'], named: ['fetch'] } });
  });

  test(`loadApp: the way to the runtime is closed before the app runs, ${asScript ? 'as a script' : 'as modules'}`, async () => {
    const { lines } = await load(testBundle({ 'index.js': 'console.log(typeof globalThis.__nano); export default {};' }), {}, asScript);
    assert.deepEqual(lines, ['undefined']);
  });
}

test('loadApp: it is closed for CommonJS modules as well', async () => {
  const { lines } = await load(
    testBundle({
      'index.js': 'import x from "./old.cjs"; console.log(x); export default {};',
      'old.cjs': { type: 'commonjs', content: 'module.exports = typeof __nano;' },
    }),
  );
  assert.deepEqual(lines, ['undefined']);
});

test('loadApp: data of every kind', async () => {
  const { lines } = await load(
    testBundle({
      'index.js':
        'import t from "./t.txt"; import j from "./j.json"; import d from "./d.bin"; console.log(t, Object.keys(j).join(), new Uint8Array(d).length); export default {};',
      't.txt': { type: 'text', content: 'note' },
      'j.json': { type: 'json', content: '{"__proto__":1}' },
      'd.bin': { type: 'data', content: new Uint8Array(3) },
    }),
  );
  assert.deepEqual(lines, ['note __proto__ 3']);
});

test("loadApp: a service worker's listeners and bindings", async () => {
  const bundle = testBundle({ 'index.js': 'console.log(GREETING); addEventListener("fetch", () => {});' }, 'service-worker');
  const { loaded, lines } = await load(bundle, { vars: { GREETING: 'hi' } });
  assert.deepEqual(loaded, { entrypoints: { default: ['fetch'] } });
  assert.deepEqual(lines, ['hi']);
});

for (const [what, code, expected] of [
  ['an exception', 'throw new TypeError("no")', ['TypeError', 'no', undefined]],
  ['an exception that is none', 'throw "text"', ['', 'text', undefined]],
  ['a syntax error', 'let let', ['SyntaxError', 'Unexpected strict mode reserved word', undefined]],
  ['a loop', 'for (;;);', ['Error', 'Script startup exceeded CPU time limit of 50 ms.', 'startup']],
  ['memory without end', 'const a = []; for (;;) a.push(new Array(1e4).fill(1));', ['Error', 'Script startup exceeded memory limits.', 'memory']],
  ['a fetch in the global scope', 'await fetch("http://a/")', ['Error', /^Disallowed operation called within global scope/, undefined]],
] as const) {
  test(`loadApp: ${what} is a failed start`, async () => {
    const startupMs = what.startsWith('memory') ? 5000 : 50;
    const start = (): ReturnType<typeof load> => load(testBundle({ 'index.js': code }), { limits: { startupMs } });
    // On a machine that is busy right now the loop may get no CPU the first time, as any app.
    const started = start().catch((error: unknown) => {
      if (error instanceof StartupError && error.endedBy === 'starved') return start();
      throw error;
    });
    await assert.rejects(started, (error) => {
      assert.ok(error instanceof StartupError);
      const [name, message, limit] = expected;
      if (name !== '') assert.equal(error.thrown.name, name);
      if (typeof message === 'string') assert.equal(error.thrown.message.split(' [')[0], message);
      else assert.match(error.thrown.message, message);
      assert.equal(error.endedBy, limit);
      return true;
    });
  });
}
