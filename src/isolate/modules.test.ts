import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { Modules } from './modules.ts';
import { IsolatePool, type Prepared } from './pool.ts';
import { createSnapshot } from './snapshot.ts';

let pool: IsolatePool;
const taken: Prepared[] = [];
before(async () => {
  pool = new IsolatePool(createSnapshot(await runtimeFile(runtimeCacheDir())), 0, 32);
});
after(() => {
  for (const { isolate } of taken) isolate.dispose();
});

async function setUp(sources: Readonly<Record<string, string>>): Promise<{ modules: Modules; lines: string[]; asked: string[] }> {
  const prepared = await pool.take(32);
  taken.push(prepared);
  const lines: string[] = [];
  const asked: string[] = [];
  prepared.inbox.owner = { send: (_op, _event, args) => lines.push(String(args[1])), call: () => undefined };
  const modules = new Modules(prepared.realm, {
    resolve: (specifier, referrer) => {
      asked.push(`${referrer} → ${specifier}`);
      if (sources[specifier] === undefined) throw new Error(`No such module "${specifier}".`);
      return specifier;
    },
    source: (name) => {
      const code = sources[name];
      if (code === undefined) throw new Error(`No source of "${name}".`);
      return { filename: name, code };
    },
  });
  return { modules, lines, asked };
}

test('evaluate: what a module imports comes first, each once, circles included', async () => {
  const { modules, lines, asked } = await setUp({
    main: 'import "a"; import "b"; console.log("main");',
    a: 'import "b"; console.log("a");',
    b: 'import "a"; console.log("b");',
  });
  await modules.evaluate('main', 1000);
  assert.deepEqual(lines, ['b', 'a', 'main']);
  assert.deepEqual(asked.sort(), ['a → b', 'b → a', 'main → a', 'main → b']);
  await modules.evaluate('main', 1000);
  assert.equal(lines.length, 3);
});

test('evaluate: many at once that share modules', async () => {
  const { modules, lines } = await setUp({ a: 'import "c"; console.log("a");', b: 'import "c"; console.log("b");', c: 'import "d";', d: 'console.log("d");' });
  await Promise.all([modules.evaluate('a', 1000), modules.evaluate('b', 1000), modules.import('a', 'x', 1000), modules.import('c', 'x', 1000)]);
  assert.deepEqual(lines.sort(), ['a', 'b', 'd']);
});

test("evaluate: a failure is the importer's own", async () => {
  const { modules } = await setUp({
    bad: 'import "nowhere";',
    syntax: 'import "odd";',
    odd: 'let let;',
    throws: 'throw new RangeError("no");',
    name: 'import { x } from "good";',
    good: 'export {};',
  });
  const all = await Promise.allSettled(['bad', 'syntax', 'throws', 'name', 'good', 'missing'].map((name) => modules.evaluate(name, 1000)));
  assert.deepEqual(
    all.map((each) => (each.status === 'rejected' ? String(each.reason).split('[')[0]?.split('\n')[0]?.trim() : each.status)),
    [
      'Error: No such module "nowhere".',
      'SyntaxError: Unexpected strict mode reserved word',
      'RangeError: no',
      "SyntaxError: The requested module 'good' does not provide an export named 'x'",
      'fulfilled',
      'Error: No source of "missing".',
    ],
  );
  await modules.evaluate('good', 1000);
});

test('evaluate: a loop is stopped', async () => {
  const { modules } = await setUp({ loop: 'for (;;);' });
  await assert.rejects(modules.evaluate('loop', 40), /timed out/);
});
