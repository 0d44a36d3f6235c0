/** Plants one violation of every kind in a copy of the folder tree and sees dependency-cruiser refuse it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const root = dirname(import.meta.dirname);
const run = promisify(execFile);

/** Files by path, and the rule that each is to break ("": none, undefined: only there for another one). */
const PLANTS: readonly [file: string, source: string, rule: string | undefined][] = [
  ['src/protocol/words.ts', 'export const word = 1;', ''],
  [
    'src/ports/port.ts',
    "import type { Readable } from 'node:stream';\nimport { word } from '../protocol/words.ts';\nexport type Port = { readable: Readable; word: typeof word };",
    '',
  ],
  ['src/isolate/isolate.ts', "import ivm from 'isolated-vm';\nexport const Isolate = ivm.Isolate;", ''],
  ['src/runtime/main.ts', "import { word } from '../protocol/words.ts';\nexport const main = word;", ''],
  ['src/runtime/main.test.ts', "import 'node:test';\nimport './main.ts';", ''],
  ['src/cli/main.ts', "import { word } from '../protocol/words.ts';\nexport const main = word;", ''],
  ['src/ops/kv/store.ts', 'export const store = 1;', ''],
  ['src/bindings/kv/store.ts', 'export const store = 1;', ''],
  ['test/support/thing.ts', 'export const thing = 1;', ''],

  ['src/protocol/leak.ts', "import type { Port } from '../ports/port.ts';\nexport type Leak = Port;", 'layer-protocol'],
  ['src/http/leap.ts', "export const leap = async () => import('../isolate/isolate.ts');", 'layer-http'],
  ['src/router/leap.ts', "export { Isolate } from '../isolate/isolate.ts';", 'layer-router'],
  ['src/isolate/upward.ts', "import type { main } from '../cli/main.ts';\nexport type Main = typeof main;", 'cli-is-the-top'],
  ['src/protocol/node.ts', "import 'node:fs';", 'inside-is-bare'],
  ['src/runtime/node.ts', "import 'node:fs';", 'inside-is-bare'],
  ['src/runtime/bare.ts', "import 'fs';", 'inside-is-bare'],
  ['src/runtime/package.ts', "import 'zod';", 'inside-is-bare'],
  ['src/ports/package.ts', "import 'zod';", 'base-and-ports-are-leaves'],
  ['src/app/engine.ts', "import type ivm from 'isolated-vm';\nexport type Isolate = ivm.Isolate;", 'isolated-vm-in-one-folder'],
  ['src/server/runtime.ts', "import '../runtime/main.ts';", 'runtime-is-a-script'],
  ['src/bindings/d1/store.ts', "import '../kv/store.ts';", 'products-apart'],
  ['src/ops/fetch/store.ts', "import '../kv/store.ts';", 'capabilities-apart'],
  ['src/server/cycle-a.ts', "import { b } from './cycle-b.ts';\nexport const a = (): number => b;", 'no-cycles'],
  ['src/server/cycle-b.ts', "import type { a } from './cycle-a.ts';\nexport const b = 1 as number;\nexport type A = typeof a;", undefined],
  ['src/app/tested.ts', "import '../../test/support/thing.ts';", 'not-from-tests'],
  ['src/app/undeclared.ts', "import 'acorn-walk';", 'declared-packages'],
  ['src/app/missing.ts', "import './nowhere.ts';", 'resolvable'],
  ['src/utils/grab-bag.ts', "import 'node:fs';", 'known-layers'],
  ['src/index.ts', "export { Isolate } from './isolate/isolate.ts';", 'public-interface'],
];

/** Who may import whom, as ARCHITECTURE.md has it: "app imports base, …". */
function documented(): string[] {
  const kit = ['protocol', 'ports', 'base'];
  const [, table = ''] = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('| folder | may import, beside itself |\n');
  const rows = (table.split('\n\n')[0] ?? '').split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, folders = '', allowed = ''] = row.split('|');
    const names = [...(allowed.includes('the same') ? kit : []), ...quoted(allowed)];
    return quoted(folders).map((folder) => `${folder} imports ${[...new Set(names)].sort().join(', ')}`);
  });
}

const quoted = (text: string): string[] => [...text.matchAll(/`([\w./]+)`/g)].map(([, name]) => name as string);

/** The same of the rule. */
function ruled(): string[] {
  type Rule = { name: string; from: { path: string }; to: { pathNot?: string } };
  const { forbidden } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as { forbidden: Rule[] };
  return forbidden
    .filter(({ name }) => name.startsWith('layer-') || name === 'public-interface')
    .map(({ name, to }) => {
      const folder = name.startsWith('layer-') ? name.slice('layer-'.length) : 'src/index.ts';
      const allowed = (/\(\?:(.*)\)/.exec(to.pathNot ?? '')?.[1] ?? '').split('|').filter((each) => each !== folder);
      return `${folder} imports ${allowed.sort().join(', ')}`;
    });
}

test('the table of ARCHITECTURE.md is the dependency rule', () => {
  assert.deepEqual(documented().sort(), ruled().sort());
});

let dir = '';
let broken: ReadonlySet<string>;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nano-rule-'));
  for (const name of ['package.json', '.dependency-cruiser.cjs']) copyFileSync(join(root, name), join(dir, name));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  for (const [file, source] of PLANTS) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), `${source}\n`);
  }
  const cruiser = join(root, 'node_modules/.bin/depcruise');
  const args = [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'test'];
  const { stdout } = await run(process.execPath, args, { cwd: dir, maxBuffer: 1 << 26 });
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  broken = new Set(summary.violations.map(({ from, rule }) => `${from} ${rule.name}`));
});

after(() => rmSync(dir, { recursive: true, force: true }));

for (const [file, , rule] of PLANTS) {
  if (rule === undefined) continue;
  if (rule === '')
    test(`the dependency rule allows ${file}`, () =>
      assert.deepEqual(
        [...broken].filter((each) => each.startsWith(`${file} `)),
        [],
      ));
  else
    test(`the dependency rule refuses ${file}: ${rule}`, () =>
      assert.ok(broken.has(`${file} ${rule}`), [...broken].filter((each) => each.startsWith(file)).join('\n')));
}
