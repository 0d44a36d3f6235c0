import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { IsolatePool, Prepared } from '../isolate/pool.ts';
import type { BundleModule } from '../protocol/bundle.ts';
import { loadApp } from './loader.ts';
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

/** What a.cjs exports, as index.js has it; `probe` is in it, which makes of a specifier what require() comes to. */
async function load(sources: Record<string, string | Partial<BundleModule>>, changes: Parameters<typeof testRecord>[1] = {}): Promise<unknown> {
  const prepared = await pool.take(32);
  taken.push(prepared);
  const lines: string[] = [];
  prepared.inbox.owner = { send: (_op, _event, args) => lines.push(String(args[1])), call: () => undefined };
  const modules = Object.fromEntries(
    Object.entries(sources).map(([name, source]) => {
      if (!name.endsWith('.cjs')) return [name, source];
      return [name, { type: 'commonjs' as const, content: name === 'lib/a.cjs' ? `${source as string}\n${PROBE}` : source }];
    }),
  );
  const bundle = testBundle({ 'index.js': 'import a from "./lib/a.cjs"; console.log(JSON.stringify(a)); export default {};', ...modules } as never);
  await loadApp(prepared.realm, testRecord('a', changes), bundle, new BundleModules(bundle));
  assert.equal(lines.length, 1, lines.join());
  return JSON.parse(lines[0] as string);
}
const PROBE = `function probe(n) { try { const v = require(n); return v === undefined ? 'undefined' : v; } catch (e) { return String(e); } }
function probes(...names) { return Object.fromEntries(names.map((n) => [n, probe(n)])); }`;

test('require: names are relative to the module, and lead nowhere else', async () => {
  const found = await load({
    'lib/a.cjs': `module.exports = probes('./b.cjs', 'b.cjs', '/root.cjs', '../root.cjs', '../lib/./b.cjs', './b.cjs/', 'root.cjs', '../../x', './none.cjs', '/etc/passwd',
      'constructor', '__proto__', '', 'node:fs', 'fs', 'nano:commonjs', 'nano:meta', './b.cjs?x', 'file:///etc/passwd', 'cloudflare:none', '\\0');`,
    'lib/b.cjs': 'module.exports = "b";',
    'root.cjs': 'module.exports = "root";',
  });
  assert.deepEqual(found, {
    './b.cjs': 'b',
    'b.cjs': 'b',
    '/root.cjs': 'root',
    '../root.cjs': 'root',
    '../lib/./b.cjs': 'b',
    './b.cjs/': 'b',
    'root.cjs': 'Error: No such module "lib/root.cjs".',
    '../../x': 'TypeError: Invalid module specifier "../../x".',
    './none.cjs': 'Error: No such module "lib/none.cjs".',
    '/etc/passwd': 'Error: No such module "etc/passwd".',
    constructor: 'Error: No such module "lib/constructor".',
    ['__proto__']: 'Error: No such module "lib/__proto__".',
    '': 'Error: No such module "lib".',
    'node:fs': 'Error: No such module "node:fs".',
    fs: 'Error: No such module "lib/fs".',
    'nano:commonjs': 'Error: No such module "lib/nano:commonjs".',
    'nano:meta': 'Error: No such module "lib/nano:meta".',
    './b.cjs?x': 'Error: No such module "lib/b.cjs?x".',
    'file:///etc/passwd': 'Error: No such module "lib/file:/etc/passwd".',
    'cloudflare:none': 'Error: No such module "cloudflare:none".',
    '\0': 'Error: No such module "lib/\0".',
  });
});

test('require: modules of every type', async () => {
  const found = await load({
    'lib/a.cjs': `const { WorkerEntrypoint, RpcTarget } = require('cloudflare:workers'); const name = (x) => './t.' + x;
      module.exports = [probe(name('txt')), probe('./j.json'), [...new Uint8Array(require('./d.bin'))], typeof WorkerEntrypoint, typeof require('cloudflare:sockets').connect,
        require('./e.js'), require('./f.js'), require('./g.js'), require('./h.js'), require('./f.js') === require('./f.js'), Reflect.set(require('./f.js'), 'x', 2), probe('./z.js'), probe(name('mjs'))];`,
    'lib/t.txt': { type: 'text', content: 'text' },
    'lib/j.json': { type: 'json', content: '{"a":[1]}' },
    'lib/d.bin': { type: 'data', content: new Uint8Array([1, 2]) },
    'lib/t.mjs': 'throw 1',
    'lib/e.js': 'export default "default"; export const x = 1;',
    'lib/f.js': 'export const x = 1;',
    'lib/g.js': 'const v = "named"; export { v as "module.exports" };',
    'lib/h.js': 'export default await "later"; export const __cjsUnwrapDefault = true;',
  });
  assert.deepEqual(found, [
    'text',
    { a: [1] },
    [1, 2],
    'function',
    'function',
    'default',
    { x: 2 },
    'named',
    'later',
    true,
    true,
    'Error: No such module "lib/z.js".',
    'Error: The ES module "lib/t.mjs" has not been evaluated. require() finds ES modules that are named by a string in its parentheses, as in require("./x.js").',
  ]);
});

test('require: a module runs once, and what it threw is thrown again', async () => {
  const found = await load({
    'lib/a.cjs': `module.exports = [probe('./throws.cjs'), probe('./throws.cjs'), require('./once.cjs') === require('../lib/once.cjs'), globalThis.n, probe('./syntax.cjs')];`,
    'lib/throws.cjs': 'globalThis.n = (globalThis.n ?? 0) + 1; throw new RangeError("run " + n);',
    'lib/once.cjs': 'exports.x = 1;',
    'lib/syntax.cjs': '\nlet let;',
  });
  assert.deepEqual(found, ['RangeError: run 1', 'RangeError: run 1', true, 1, 'SyntaxError: let is disallowed as a lexically bound name [lib/syntax.cjs:2:5]']);
});

test('require: in a circle a module is as far as it has come', async () => {
  const found = await load({
    'lib/a.cjs': 'exports.first = 1; exports.b = require("./b.cjs"); exports.last = 2;',
    'lib/b.cjs': 'const a = require("./a.cjs"); module.exports = { seen: { ...a }, same: () => a };',
  });
  assert.deepEqual(found, { first: 1, b: { seen: { first: 1 } }, last: 2 });
});

test("a CommonJS module's scope: what workerd gives it, sloppy, and not the runtime's", async () => {
  const found = await load({
    'lib/a.cjs': `undeclared = 1; const module1 = module;
      module.exports = [__filename, __dirname, Object.keys(module).sort(), module.path, this === globalThis, typeof __nano, probe(), undeclared, (function f() { return f.caller })(),
        (() => { try { return require() } catch (e) { return String(e) } })(), require('./s.cjs'), require('/top.cjs'), typeof n0, typeof run, typeof wrappers];`,
    'lib/s.cjs': '"use strict"; const exports = 1; module.exports = (function () { return this === undefined })() && exports;',
    'top.cjs': 'module.exports = __dirname; // no line break',
  });
  assert.deepEqual(found, [
    '/lib/a.cjs',
    '/lib',
    ['exports', 'path'],
    '/lib/a.cjs',
    true,
    'undefined',
    'Error: No such module "lib/undefined".',
    1,
    null,
    "TypeError: Failed to execute 'require' on 'CommonJsModuleContext': parameter 1 is not of type 'string'.",
    1,
    '/',
    'undefined',
    'undefined',
    'undefined',
  ]);
});

test("stacks have the module's own lines and columns", async () => {
  const found = (await load({
    'lib/a.cjs': `try { require('./boom.cjs') } catch (e) { module.exports = e.stack.split('\\n').filter((line) => line.includes('cjs')) }`,
    'lib/boom.cjs': '\n  throw new Error("boom");',
  })) as string[];
  assert.equal(found.length, 2, found.join());
  assert.match(found[0] as string, /lib\/boom\.cjs:2:9/);
  assert.match(found[1] as string, /lib\/a\.cjs:1:7/);
});

test('patched intrinsics do not lead astray, nor do functions that end early', async () => {
  const found = await load({
    'lib/a.cjs': `Array.prototype.push = Array.prototype.pop = String.prototype.split = Map.prototype.get = () => 'no';
      Object.defineProperty(Array.prototype, Symbol.iterator, { value: () => { throw 1 } });
      module.exports = require('./b.cjs') + typeof require('./early.cjs');`,
    'lib/b.cjs': 'module.exports = "b";',
    'lib/early.cjs': 'module.exports = 1; }}), (function () { return function () {',
  });
  assert.equal(found, 'bobject');
});

test('ES modules are there before, through CommonJS modules and in circles', async () => {
  const found = await load({
    'lib/a.cjs': 'exports.seen = [...(globalThis.order ?? [])]; exports.b = require("./b.cjs"); exports.seenLate = globalThis.order;',
    'lib/b.cjs': 'globalThis.order.push("b"); exports.deep = require("./c.cjs"); require("./a.cjs");',
    'lib/c.cjs': 'exports.late = require("./late.mjs"); exports.main = typeof require("../index2.js"); require("./b.cjs");',
    'lib/late.mjs': 'import x from "./x.cjs"; (globalThis.order ??= []).push("late"); export default x;',
    'lib/x.cjs': '(globalThis.order ??= []).push("x"); module.exports = "x";',
    'index2.js': 'import a from "./lib/a.cjs"; export const y = 1; export default () => a;',
    'lib/unused.cjs': 'require("./never.js")',
    'lib/never.js': 'throw 1',
  });
  assert.deepEqual(found, { seen: ['x', 'late'], b: { deep: { late: 'x', main: 'function' } }, seenLate: ['x', 'late', 'b'] });
});

test("a sloppy module sees none of the runtime's functions in its stack", async () => {
  const found = await load({
    'lib/a.cjs': `const foreign = [], known = new Set([globalThis]), mine = (object) => (known.add(object), object);
      function look() {
        Error.prepareStackTrace = (_, sites) => sites;
        for (const site of new Error().stack ?? []) {
          if (typeof site === 'string') break;
          const seen = [site.getFunction(), site.getThis()];
          for (const value of seen) if (typeof value === 'function' && !String(value).includes('look') && value !== load) foreign.push(String(value).slice(0, 80));
          for (const value of seen) if (typeof value === 'object' && value !== null && !known.has(value)) foreign.push(Object.keys(value));
        }
        Error.prepareStackTrace = undefined;
        foreign.push(look.caller === null || look.caller === load || String(look.caller).includes('look'));
      }
      function load() { look(); return './b.cjs'; }
      const target = mine(new EventTarget()); target.addEventListener('x', function () { look(); }); target.dispatchEvent(new Event('x'));
      new ReadableStream(mine({ start() { look(); } }));
      [1].forEach(look);
      new Headers(mine({ get a() { look(); return 'b'; } }));
      globalThis.look = look;
      require('./b.cjs'); require(mine({ toString: load }));
      module.exports = foreign;`,
    'lib/b.cjs': 'look();',
  });
  assert.ok(
    (found as unknown[]).every((value) => value === true),
    JSON.stringify(found),
  );
});

test('import() in a CommonJS module comes to a rejected promise', async () => {
  const found = await load({
    'lib/a.cjs':
      'module.exports = (() => { try { const p = import("./b.cjs"); p.catch(() => {}); return typeof p.then; } catch (e) { return String(e); } })();',
    'lib/b.cjs': '',
  });
  assert.equal(found, 'function');
});

test('no I/O while a module is evaluated at start', async () => {
  await assert.rejects(
    load({ 'lib/a.cjs': 'require("./b.cjs");', 'lib/b.cjs': 'setTimeout(() => {}, 1);' }),
    /Disallowed operation called within global scope/,
  );
});

for (const [date, flags, expected] of [
  ['2025-01-01', [], ['b', 'default', 'text', { x: 1 }]],
  ['2022-01-01', [], [{ default: 'b' }, { default: 'default' }, { default: 'text' }, { x: 1 }]],
  ['2022-01-01', ['export_commonjs_default'], ['b', 'default', 'text', { x: 1 }]],
  ['2026-02-01', ['export_commonjs_namespace'], ['b', 'default', 'text', { x: 1 }]],
] as const) {
  test(`require: namespaces or default exports, with ${date} ${flags.join()}`, async () => {
    const found = await load(
      {
        'lib/a.cjs': `module.exports = [require('./b.cjs'), require('./e.js'), probe('./t.txt'), require('./f.js')];`,
        'lib/b.cjs': 'module.exports = "b";',
        'lib/e.js': 'export default "default";',
        'lib/f.js': 'export const x = 1;',
        'lib/t.txt': { type: 'text', content: 'text' },
      },
      { compatibilityDate: date, compatibilityFlags: [...flags] },
    );
    assert.deepEqual(found, expected);
  });
}
