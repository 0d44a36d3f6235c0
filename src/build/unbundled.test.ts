import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type Files, project } from '../config/project.fixture.ts';
import { readWorkerConfig } from '../config/worker.ts';
import { buildWorker } from './builder.ts';
import { BuildError } from './error.ts';

const CONFIG = { name: 'app', main: 'src/index.js', compatibility_date: '2026-01-01', no_bundle: true };

test('no_bundle: modules are as they are, found by rules and along their imports', async (t) => {
  const dir = project(t, {
    'wrangler.json': CONFIG,
    'src/index.js': 'import a from "./lib/a.js"; import d from "./d.json"; import { env } from "cloudflare:workers"; export default [a, d, env]; /* kept */',
    'src/lib/a.js': 'import t from "../t.txt"; export default [t, import("./lazy.js")]',
    'src/lib/lazy.js': 'export default 1',
    'src/lib/unused.js': '',
    'src/d.json': { a: 1 },
    'src/t.txt': 'text',
    'src/only-by-rule.bin': new Uint8Array([1]),
  });
  const bundle = await buildWorker(readWorkerConfig(dir));
  assert.deepEqual(
    bundle.modules.map(({ name, type }) => [name, type]),
    [
      ['d.json', 'json'],
      ['index.js', 'esm'],
      ['lib/a.js', 'esm'],
      ['lib/lazy.js', 'esm'],
      ['only-by-rule.bin', 'data'],
      ['t.txt', 'text'],
    ],
  );
  assert.equal(bundle.format, 'modules');
  assert.match(String(bundle.modules[1]?.content), /kept/);
});

test('no_bundle: what CommonJS modules require is found, and nothing out of the project', async (t) => {
  const dir = project(t, {
    'secret.cjs': '',
    'app/wrangler.json': { ...CONFIG, find_additional_modules: false },
    'app/src/index.js': 'import a from "./a.cjs"; export default a',
    'app/src/a.cjs': 'require("./lib/b.cjs"); require("../../secret.cjs"); require("./none.cjs"); require("package"); require("./lib"); require("/etc/passwd")',
    'app/src/lib/b.cjs': "require('../a.cjs'); require('./c.js'); require('./d.json')",
    'app/src/lib/c.js': 'import "./e.js"; export default 1',
    'app/src/lib/d.json': {},
    'app/src/lib/e.js': '',
  });
  symlinkSync(join(dir, 'secret.cjs'), join(dir, 'app/src/none.cjs'));
  const bundle = await buildWorker(readWorkerConfig(join(dir, 'app')));
  assert.deepEqual(
    bundle.modules.map(({ name, type }) => [name, type]),
    [
      ['a.cjs', 'commonjs'],
      ['index.js', 'esm'],
      ['lib/b.cjs', 'commonjs'],
      ['lib/c.js', 'esm'],
      ['lib/d.json', 'json'],
      ['lib/e.js', 'esm'],
    ],
  );
});

test('no_bundle: what cannot run is refused with a reason', async (t) => {
  const cases: [Files, RegExp][] = [
    [{ 'src/index.js': 'import a from "./none.js"; export default a' }, /Could not resolve "\.\/none\.js"[\s\S]*module rule/],
    [{ 'src/index.js': 'import a from "../../../etc/passwd"; export default a' }, /Could not resolve/],
    [{ 'src/index.js': 'import h from "hono"; export default h' }, /Could not resolve "hono"/],
    [{ 'src/index.js': 'import "nano:meta"; export default 1' }, /Could not resolve "nano:meta"/],
    [{ 'src/index.js': 'export default {' }, /not valid JavaScript/],
  ];
  for (const [files, message] of cases) {
    const dir = project(t, { 'wrangler.json': CONFIG, ...files });
    await assert.rejects(buildWorker(readWorkerConfig(dir)), (error) => error instanceof BuildError && message.test(error.message), String(message));
  }
  const dir = project(t, { 'wrangler.json': { ...CONFIG, main: 'src/index.ts' }, 'src/index.ts': '' });
  await assert.rejects(buildWorker(readWorkerConfig(dir)), /"\.ts" files do not run/);
});

test('no_bundle: links out of the project are not followed', async (t) => {
  const dir = project(t, { 'app/wrangler.json': CONFIG, 'app/src/index.js': 'export default 1', 'app/src/own.txt': 'own', 'secret.txt': 'secret' });
  symlinkSync(join(dir, 'secret.txt'), join(dir, 'app/src/out.txt'));
  symlinkSync('own.txt', join(dir, 'app/src/in.txt'));
  symlinkSync('circle.txt', join(dir, 'app/src/circle.txt'));
  const bundle = await buildWorker(readWorkerConfig(join(dir, 'app')));
  assert.deepEqual(
    bundle.modules.map((module) => module.name),
    ['in.txt', 'index.js', 'own.txt'],
  );
});
