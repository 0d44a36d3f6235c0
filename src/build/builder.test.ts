import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { addFiles, type Files, project } from '../config/project.fixture.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { type Builder, type BuildWorkerOptions, buildWorker, createBuilder } from './builder.ts';
import { BuildError } from './error.ts';

const CONFIG = { name: 'app', main: 'src/index.ts', compatibility_date: '2026-01-01' };

function build(t: TestContext, files: Files, config: object = {}, options: BuildWorkerOptions = {}): Promise<Bundle> {
  return buildWorker(readWorkerConfig(project(t, { 'wrangler.json': { ...CONFIG, ...config }, ...files })), options);
}

async function failure(result: Promise<unknown>): Promise<BuildError> {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BuildError, String(error));
  return error;
}

function text(bundle: Bundle, name = bundle.main): string {
  return String(bundle.modules.find((module) => module.name === name)?.content);
}

const WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

test('build: TypeScript, JSX, JSON, npm packages and NODE_ENV end up in one module', async (t) => {
  const bundle = await build(
    t,
    {
      'src/index.tsx': `import { h } from 'tiny'; import data from './d.json'; import { n } from './n';
      interface X { a: number } const x: X = { a: n };
      export default { fetch: () => <p>{data.a}{x.a}{process.env.NODE_ENV}</p> };`,
      'src/n.ts': 'export const n: number = 41;',
      'src/d.json': { a: 'json value' },
      'node_modules/tiny/package.json': { name: 'tiny', exports: { '.': { workerd: './workerd.js', node: './node.js', default: './node.js' } } },
      'node_modules/tiny/workerd.js': 'export const h = () => "for workerd";',
      'node_modules/tiny/node.js': 'export const h = () => "for node";',
    },
    { main: 'src/index.tsx', jsx_factory: 'h' },
  );
  assert.equal(bundle.format, 'modules');
  assert.equal(bundle.main, 'index.js');
  assert.deepEqual(
    bundle.modules.map(({ name, type, usesMeta }) => [name, type, usesMeta]),
    [['index.js', 'esm', false]],
  );
  for (const part of ['json value', '41', 'for workerd', '"production"']) assert.ok(text(bundle).includes(part), part);
  assert.ok(!text(bundle).includes('for node'));
});

test('build: text, binary and WebAssembly stay modules of their own', async (t) => {
  const bundle = await build(t, {
    'src/index.ts':
      'import a from "./a.txt"; import b from "./sub/b.bin"; import w from "./w.wasm"; import v from "./w.wasm?module"; export default [a, b, w, v]',
    'src/a.txt': 'hällo',
    'src/sub/b.bin': new Uint8Array([1, 2]),
    'src/w.wasm': WASM,
  });
  const byType = new Map(bundle.modules.map((module) => [module.type, module]));
  assert.equal(bundle.modules.length, 4);
  assert.equal(byType.get('text')?.content, 'hällo');
  assert.deepEqual(byType.get('data')?.content, new Uint8Array([1, 2]));
  assert.deepEqual(byType.get('wasm')?.content, WASM);
  for (const type of ['text', 'data', 'wasm'] as const) assert.ok(text(bundle).includes(`"./${byType.get(type)?.name}"`), type);
  assert.equal(bundle.bytes, Buffer.byteLength(text(bundle)) + 6 + 2 + 8);
});

test('build: preserve_file_names keeps names below the base folder', async (t) => {
  const bundle = await build(t, { 'src/index.ts': 'import a from "./sub/a.txt"; export default a', 'src/sub/a.txt': 'x' }, { preserve_file_names: true });
  assert.deepEqual(
    bundle.modules.map((module) => module.name),
    ['index.js', 'sub/a.txt'],
  );
  assert.match(text(bundle), /from "\.\/sub\/a\.txt"/);
});

test('build: import() of own modules is bundled, of a variable it is left to the platform', async (t) => {
  const bundle = await build(t, {
    'src/index.ts': 'export default async (x: string) => [await import("./lazy"), await import(x), import.meta.url]',
    'src/lazy.ts': 'export const lazy = "lazy value"',
  });
  assert.ok(text(bundle).includes('lazy value'));
  assert.ok(!/\bimport\(|import\.meta/.test(text(bundle)));
  assert.equal(bundle.modules[0]?.usesMeta, true);
});

test('build: the source map is beside the module, with sources of the project', async (t) => {
  const files = { 'src/index.ts': 'export default { fetch(): never { throw new Error("x") } }' };
  const bundle = await build(t, files);
  const map: { sources: string[]; sourcesContent: string[] } = JSON.parse(bundle.modules[0]?.map ?? '');
  assert.deepEqual(map.sources, ['src/index.ts']);
  assert.deepEqual(map.sourcesContent, [files['src/index.ts']]);
  assert.ok(!text(bundle).includes('sourceMappingURL'));
  assert.equal((await build(t, files, {}, { sourcemap: false })).modules[0]?.map, undefined);
});

test('build: the source map of a package brings no file of the machine with it', async (t) => {
  const sources = ['file:///etc/passwd', '../../secret.txt', 'own.ts'];
  const map = Buffer.from(JSON.stringify({ version: 3, sources, mappings: 'AAAA,CCAA,CCAA' })).toString('base64');
  const bundle = await build(t, {
    'src/index.ts': 'import "p"; export default {};',
    'secret.txt': 'the secret of somebody',
    'node_modules/p/index.js': `globalThis.p = 1;\n//# sourceMappingURL=data:application/json;base64,${map}`,
  });
  assert.match(bundle.modules[0]?.map ?? '', /"passwd"/);
  assert.doesNotMatch(bundle.modules[0]?.map ?? '', /root:|the secret of|\/etc/);
});

test('build: the source map leads back to the sources, past rewritten import()', async (t) => {
  const bundle = await build(t, {
    'src/index.ts': 'type T = 1;\nexport default async (x: string) => [await import(x), import.meta.url, marker(x)];\ndeclare function marker(x: unknown): T;',
  });
  const { SourceMap } = await import('node:module');
  const map = new SourceMap(JSON.parse(bundle.modules[0]?.map ?? ''));
  const lines = text(bundle).split('\n');
  const line = lines.findIndex((one) => one.includes('marker('));
  const entry = map.findEntry(line, lines[line]?.indexOf('marker(') ?? -1);
  assert.deepEqual('originalLine' in entry && [entry.originalSource, entry.originalLine, entry.originalColumn], ['src/index.ts', 1, 71]);
});

test('build: nothing in a bundle names a folder of the machine', async (t) => {
  const dir = project(t, {
    'app/wrangler.json': { ...CONFIG, alias: { far: '../lib/i.js' } },
    'app/src/index.ts': 'import far from "far"; import a from "./a.txt"; export default [far, a]',
    'app/src/a.txt': 'x',
    'lib/i.js': 'module.exports = 1',
  });
  const bundle = await buildWorker(readWorkerConfig(join(dir, 'app')));
  assert.ok(!JSON.stringify(bundle).includes(dir));
});

test('build: an entry without exports is a service worker', async (t) => {
  assert.equal((await build(t, { 'src/index.ts': 'addEventListener("fetch", () => {})' })).format, 'service-worker');
  assert.equal((await build(t, { 'src/index.ts': 'module.exports = { fetch() {} }' })).format, 'modules');
  assert.equal((await build(t, { 'src/index.ts': 'export class A {}' })).format, 'modules');
});

test('build: equal sources give equal digests, other sources others', async (t) => {
  const files = { 'src/index.ts': 'import a from "./a.txt"; export default a', 'src/a.txt': 'x' };
  const { digest } = await build(t, files);
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal((await build(t, files)).digest, digest);
  assert.notEqual((await build(t, { ...files, 'src/a.txt': 'y' })).digest, digest);
});

test('build: define, alias and minify', async (t) => {
  const bundle = await build(
    t,
    { 'src/index.ts': 'import x from "pkg"; export default { x, v: VERSION }', 'mine.ts': 'export default "aliased"', 'tsconfig.json': {} },
    { define: { VERSION: '"1.2"' }, alias: { pkg: './mine.ts' }, minify: true },
  );
  assert.ok(text(bundle).includes('aliased') && text(bundle).includes('1.2'));
  assert.ok(!text(bundle).includes('\n\n'));
});

test('build: cloudflare: and enabled node: modules stay imports', async (t) => {
  const source = {
    'src/index.ts':
      'import { WorkerEntrypoint } from "cloudflare:workers"; import fs from "node:fs"; import path from "path"; import old from "./old.cjs"; export default [WorkerEntrypoint, fs, path, old]',
    'src/old.cjs': 'module.exports = require("util").inspect',
  };
  const bundle = await build(t, source, { compatibility_flags: ['nodejs_compat'] });
  for (const name of ['cloudflare:workers', 'node:fs', 'node:path', 'node:util']) assert.ok(text(bundle).includes(`from "${name}"`), name);
  assert.ok(!text(bundle).includes('Dynamic require'));
});

test("build: Node modules without nodejs_compat are errors in wrangler's words", async (t) => {
  for (const name of ['node:fs', 'fs']) {
    const error = await failure(build(t, { 'src/index.ts': `import fs from "${name}"; export default fs` }));
    assert.ok(error.message.includes(`The package "${name}" wasn't found on the file system but is built into node.`), error.message);
    assert.ok(error.message.includes('- Add the "nodejs_compat" compatibility flag to your project.'));
    // The flag alone leads to the next error.
    assert.match(error.message, /- NANO does not have the modules of Node\.js yet[^\n]*"alias"/);
  }
  const old = await failure(build(t, { 'src/index.ts': 'import "fs"' }, { compatibility_flags: ['nodejs_compat'], compatibility_date: '2024-01-01' }));
  assert.match(old.message, /Make sure to prefix the module name with "node:"/);
});

test('build: import() of a Node module that is not there is a warning', async (t) => {
  const builder = createBuilder(readWorkerConfig(project(t, { 'wrangler.json': CONFIG, 'src/index.ts': 'export default import("node:fs").catch(() => 1)' })));
  t.after(() => builder.dispose());
  await builder.build();
  assert.match(builder.warnings()[0] ?? '', /nodejs_compat/);
});

test('build: require() of a Node module that is not there is a warning: it may never be reached', async (t) => {
  const source = { 'src/index.ts': 'import lazy from "./lazy.cjs"; export default lazy', 'src/lazy.cjs': 'module.exports = () => require("node:fs")' };
  const builder = createBuilder(readWorkerConfig(project(t, { 'wrangler.json': CONFIG, ...source })));
  t.after(() => builder.dispose());
  assert.match(text(await builder.build()), /require\("node:fs"\)/);
  assert.match(builder.warnings()[0] ?? '', /nodejs_compat/);
});

test('build: "browser" of a package says what stands in for its own files and for Node modules', async (t) => {
  const bundle = await build(t, {
    'src/index.ts': 'import p from "p"; export default p',
    'node_modules/p/package.json': {
      name: 'p',
      main: 'index.js',
      browser: { './server.js': './client.js', 'node:util': './util.js', 'node:fs': false, path: './path.js', stream: false },
    },
    'node_modules/p/index.js': 'module.exports = [require("./server.js"), require("node:util"), require("path"), require("stream"), require("node:fs")]',
    'node_modules/p/server.js': 'require("http")',
    'node_modules/p/client.js': 'module.exports = "for the client"',
    'node_modules/p/util.js': 'module.exports = "own util"',
    'node_modules/p/path.js': 'module.exports = "own path"',
  });
  for (const part of ['for the client', 'own util', 'own path']) assert.ok(text(bundle).includes(part), part);
  assert.ok(!text(bundle).includes('"http"'));
});

test('build: a missing import is named with its place and what to do', async (t) => {
  const error = await failure(
    build(t, { 'src/index.ts': 'import a from "./nope";\nimport b from "@scope/pkg/sub";\nimport c from "./x.wasm?module";\nexport default [a, b, c]' }),
  );
  assert.equal(error.code, 'source');
  assert.deepEqual(
    error.problems.map(({ text, file, line, column }) => [text, file, line, column]),
    [
      ['Could not resolve "./nope"', 'src/index.ts', 1, 15],
      ['Could not resolve "@scope/pkg/sub"', 'src/index.ts', 2, 15],
      ['Could not resolve "./x.wasm"', 'src/index.ts', 3, 15],
    ],
  );
  assert.match(error.message, /npm install @scope\/pkg/);
  assert.match(error.message, /There is no such file/);
  assert.ok(!error.message.includes('[plugin'));
});

test('build: a module that only a build tool makes is no package to install', async (t) => {
  const error = await failure(build(t, { 'src/index.ts': 'export default () => import("virtual:framework/server-build")' }));
  assert.match(error.message, /Could not resolve "virtual:framework\/server-build"[\s\S]*Build the project first/);
  assert.doesNotMatch(error.message, /npm install/);
});

test('build: an entry that has vanished is named without its folder', async (t) => {
  const dir = project(t, { 'wrangler.json': CONFIG, 'src/index.ts': '' });
  const config = readWorkerConfig(dir);
  rmSync(join(dir, 'src/index.ts'));
  const error = await failure(buildWorker(config));
  assert.match(error.message, /Could not resolve "\.\/src\/index\.ts"/);
  assert.ok(!error.message.includes(dir));
});

test('build: a syntax error shows the code frame, coloured where wanted', async (t) => {
  const error = await failure(build(t, { 'src/index.ts': 'export default {\n  fetch( { }' }));
  assert.match(error.format(), /src\/index\.ts:2:\d+:\n\s+2 │/);
  assert.ok(!error.format().includes('\x1b['));
  assert.ok(error.format({ colour: true }).includes('\x1b['));
});

test('build: names of the platform cannot be imported', async (t) => {
  assert.match((await failure(build(t, { 'src/index.ts': 'import "nano:meta"' }))).message, /the platform's own/);
});

test('build: a file type without a rule is an error that proposes one', async (t) => {
  assert.match((await failure(build(t, { 'src/index.ts': 'import "./a.png"', 'src/a.png': 'x' }))).message, /"globs": \["\*\*\/\*\.png"\]/);
  const shadowed = await failure(build(t, { 'src/index.ts': 'import "./a.html"', 'src/a.html': 'x' }, { rules: [{ type: 'Text', globs: ['**/*.md'] }] }));
  assert.match(shadowed.message, /was ignored because a previous rule with the same type was not marked as `fallthrough = true`/);
});

test('build: a bundle over the limit is an error with the largest modules', async (t) => {
  const error = await failure(
    build(t, { 'src/index.ts': 'import a from "./a.bin"; export default a', 'src/a.bin': new Uint8Array(4096) }, {}, { maxBytes: 2048 }),
  );
  assert.equal(error.code, 'too-large');
  assert.match(error.message, /2\.0 KB are allowed[\s\S]*4\.0 KB {2}[0-9a-f]+-a\.bin/);
});

test('build: a wrong define is an error, and the builder still works after it', async (t) => {
  assert.equal((await failure(build(t, { 'src/index.ts': 'export default 1' }, { define: { 'a b': '1' } }))).code, 'source');
});

test('createBuilder: builds again after changes and keeps going after errors', async (t) => {
  const dir = project(t, {
    'wrangler.json': CONFIG,
    'src/index.ts': 'import { a } from "./a"; import t from "./t.txt"; export default [a, t]',
    'src/a.ts': 'export const a = "one"',
    'src/t.txt': 'x',
  });
  const builder = createBuilder(readWorkerConfig(dir));
  t.after(() => builder.dispose());
  assert.match(text(await builder.build()), /"one"/);
  for (const name of ['wrangler.json', '.dev.vars', 'src/index.ts', 'src/a.ts', 'src/t.txt']) assert.ok(builder.watchFiles().includes(join(dir, name)), name);
  writeFileSync(join(dir, 'src/a.ts'), 'export const a = ;');
  await failure(builder.build());
  assert.ok(builder.watchFiles().includes(join(dir, 'src/a.ts')));
  writeFileSync(join(dir, 'src/a.ts'), 'export const a = "two"');
  const [one, two] = await Promise.all([builder.build(), builder.build()]);
  assert.match(text(one), /"two"/);
  assert.equal(one.digest, two.digest);
  rmSync(join(dir, 'src/a.ts'));
  assert.match((await failure(builder.build())).message, /Could not resolve ".\/a"/);
});

test('build: find_additional_modules attaches what matches a rule', async (t) => {
  const bundle = await build(
    t,
    {
      'src/index.ts': 'export default (l: string) => import(`./lang/${l}.mjs`)',
      'src/lang/de.mjs': 'export default import.meta.url',
      'src/lang/en.mjs': 'export default "hi"',
      'src/node_modules/x/i.mjs': '',
      'src/notes.md': '',
    },
    { find_additional_modules: true, rules: [{ type: 'ESModule', globs: ['**/*.mjs'] }] },
  );
  assert.deepEqual(
    bundle.modules.map(({ name, type }) => [name, type]),
    [
      ['index.js', 'esm'],
      ['lang/de.mjs', 'esm'],
      ['lang/en.mjs', 'esm'],
    ],
  );
  assert.equal(bundle.modules[1]?.usesMeta, true);
  const error = await failure(build(t, { 'src/index.ts': 'addEventListener("fetch", () => {})' }, { find_additional_modules: true }));
  assert.match(error.message, /`find_additional_modules` can only be used with an ES module entrypoint/);
});

test('build: the custom build command runs only when asked to', async (t) => {
  const dir = project(t, { 'wrangler.json': { ...CONFIG, build: { command: 'echo "export default 2" > src/index.ts' } }, 'src/index.ts': 'export default 1' });
  const config = readWorkerConfig(dir);
  assert.match(text(await buildWorker(config)), /= 1/);
  assert.match(text(await buildWorker(config, { runCommand: true })), /= 2/);
  addFiles(dir, { 'wrangler.json': { ...CONFIG, build: { command: 'echo oh no >&2; exit 3' } } });
  const error = await failure(buildWorker(readWorkerConfig(dir), { runCommand: true }));
  assert.equal(error.code, 'command');
  assert.match(error.message, /exit code 3[\s\S]*oh no/);
});

test('build: the custom build command finds the programs of the project and of the folders above it', async (t) => {
  const program = (says: string): string => `#!/bin/sh\necho "export default '${says}'" >> src/index.ts\n`;
  const dir = project(t, {
    'node_modules/.bin/nano-test-above': program('above'),
    'node_modules/.bin/nano-test-both': program('wrong'),
    'app/wrangler.json': { ...CONFIG, build: { command: 'nano-test-above && nano-test-both' } },
    'app/src/index.ts': '',
    'app/node_modules/.bin/nano-test-both': '#!/bin/sh\necho "export const both = \\"own\\"" >> src/index.ts\n',
  });
  for (const name of ['node_modules/.bin/nano-test-above', 'node_modules/.bin/nano-test-both', 'app/node_modules/.bin/nano-test-both'])
    chmodSync(join(dir, name), 0o755);
  const code = text(await buildWorker(readWorkerConfig(join(dir, 'app')), { runCommand: true }));
  assert.match(code, /"above"/);
  assert.match(code, /"own"/);
});

test('build: the custom build command makes the entry, and runs again for what is watched, not for what it writes', async (t) => {
  const command = 'mkdir -p dist && cat src/text > dist/out.js && echo // >> src/made && echo ran >> runs';
  const dir = project(t, {
    'wrangler.json': { name: 'app', main: 'dist/out.js', compatibility_date: '2026-01-01', build: { command } },
    'src/text': 'export default 1',
  });
  const config = readWorkerConfig(dir);
  assert.match((await failure(buildWorker(config))).message, /"dist\/out\.js" was not found\. It is made by `build\.command`/);
  const builder = createBuilder(config, { runCommand: true });
  t.after(() => builder.dispose());
  assert.match(text(await builder.build()), /= 1/);
  await builder.build();
  assert.equal(readFileSync(join(dir, 'runs'), 'utf8'), 'ran\n');
  addFiles(dir, { 'src/text': 'export default 22' });
  assert.match(text(await builder.build()), /= 22/);
  assert.equal(readFileSync(join(dir, 'runs'), 'utf8'), 'ran\nran\n');
});

test('build: a custom build command that fails is not run again before something changes, and what does not make the entry is told', async (t) => {
  const start = (command: string): Builder => {
    const dir = project(t, { 'wrangler.json': { name: 'app', main: 'dist/out.js', compatibility_date: '2026-01-01', build: { command } }, 'src/text': '' });
    const builder = createBuilder(readWorkerConfig(dir), { runCommand: true });
    t.after(() => builder.dispose());
    return builder;
  };
  const failing = start('echo again >> said; cat said >&2; exit 1');
  for (let i = 0; i < 2; i++) assert.doesNotMatch((await failure(failing.build())).message, /again\nagain/);
  assert.match((await failure(start('true').build())).message, /expected output file at "dist\/out\.js" was not found after running custom build: true/);
});

for (const [what, file, source] of [
  ['source', 'src/x.js', 'import "./x.js"; export default {}'],
  ['module', 'src/x.bin', 'import x from "./x.bin"; export default { x }'],
  ['project file', 'package.json', 'export default {}'],
] as const) {
  for (const odd of ['pipe', 'device'] as const) {
    test(`odd files: a ${odd} as ${what} is refused, and not read`, { skip: process.platform === 'win32' }, async (t) => {
      const dir = project(t, { 'wrangler.json': CONFIG, 'src/index.ts': source });
      if (odd === 'pipe') execFileSync('mkfifo', [join(dir, file)]);
      else symlinkSync('/dev/zero', join(dir, file));
      assert.match((await failure(buildWorker(readWorkerConfig(dir)))).message, /cannot be read: .*no regular file/s);
    });
  }
}

test('odd files: a build that never ends is given up, and others go on', { skip: process.platform === 'win32' }, async (t) => {
  const dir = project(t, { 'wrangler.json': CONFIG, 'src/index.ts': 'import "../lib/x.js"; export default {}', 'lib/x.js': '' });
  execFileSync('mkfifo', [join(dir, 'lib/package.json')]);
  const other = createBuilder(readWorkerConfig(project(t, { 'wrangler.json': CONFIG, 'src/index.ts': 'export default {}' })));
  await other.build();
  const hanging = createBuilder(readWorkerConfig(dir), { maxMs: 200 });
  assert.match((await failure(hanging.build())).message, /given up after 0\.2 seconds/);
  assert.equal((await other.build()).format, 'modules');
  rmSync(join(dir, 'lib/package.json'));
  assert.equal((await hanging.build()).format, 'modules');
  await Promise.all([hanging.dispose(), other.dispose()]);
});

for (const [what, files, links] of [
  ['source map', { 'src/index.ts': 'export default {}\n//# sourceMappingURL=../zero' }, ['zero']],
  ['package', { 'src/index.ts': 'export { default } from "p";', 'node_modules/p/index.js': 'export default {}' }, ['node_modules/p/package.json']],
  ['base of tsconfig.json', { 'src/index.ts': 'export default {}', 'tsconfig.json': '{ "extends": "./zero" }' }, ['zero']],
] as const) {
  test(`odd files: a ${what} that never ends does not take the memory of the machine, and others go on`, { skip: process.platform !== 'linux' }, async (t) => {
    const dir = project(t, { 'wrangler.json': CONFIG, ...files });
    for (const link of links) symlinkSync('/dev/zero', join(dir, link));
    const large = createBuilder(readWorkerConfig(dir), { maxMemory: 200 * 1024 * 1024 });
    t.after(() => large.dispose());
    const failed = failure(large.build());
    const other = await buildWorker(readWorkerConfig(project(t, { 'wrangler.json': CONFIG, 'src/index.ts': 'export default {}' })));
    assert.equal(other.format, 'modules');
    assert.match((await failed).message, /given up: esbuild took too much memory\.\nLook for a file, or a source map/);
  });
}
