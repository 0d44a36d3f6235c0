import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { findApp, isApp } from './find-app.ts';
import { ConfigError } from './problem.ts';
import { project } from './project.fixture.ts';

test('findApp: takes wrangler.json before .jsonc before .toml', (t) => {
  const dir = project(t, { 'wrangler.toml': '', 'wrangler.jsonc': '', 'wrangler.json': '', 'other/wrangler.toml': '', 'other/wrangler.jsonc': '' });
  assert.equal(findApp(dir).configPath, join(dir, 'wrangler.json'));
  assert.equal(findApp(join(dir, 'other')).configPath, join(dir, 'other/wrangler.jsonc'));
});

test('findApp: a folder with index, worker or src/index is an app', (t) => {
  const dir = project(t, { 'a/index.mjs': '', 'b/worker.tsx': '', 'c/src/index.jsx': '', 'c/worker.json': '' });
  assert.equal(findApp(join(dir, 'a')).main, join(dir, 'a/index.mjs'));
  assert.equal(findApp(join(dir, 'b')).main, join(dir, 'b/worker.tsx'));
  assert.equal(findApp(join(dir, 'c')).main, join(dir, 'c/src/index.jsx'));
});

test('findApp: names what would be an app where there is none', (t) => {
  const dir = project(t, { 'readme.md': '', 'empty/x': '' });
  const message = (path: string): string => {
    try {
      findApp(path);
      return '';
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
  };
  assert.match(message(join(dir, 'empty')), /There is no app in this folder[\s\S]*wrangler\.jsonc/);
  assert.match(message(join(dir, 'readme.md')), /not an app/);
  assert.match(message(join(dir, 'none')), /no such file or folder/);
  symlinkSync('loop', join(dir, 'loop'));
  assert.match(message(join(dir, 'loop')), /circle of symbolic links/);
});

test('isApp: tells apps from other things without throwing', (t) => {
  const dir = project(t, {
    'hello.js': '',
    'hello.test.ts': '',
    'types.d.ts': '',
    'vite.config.ts': '',
    'x.md': '',
    'app/wrangler.toml': '',
    'lib/util.js': '',
  });
  symlinkSync('loop', join(dir, 'loop'));
  for (const name of ['hello.js', 'app']) assert.ok(isApp(join(dir, name)), name);
  for (const name of ['hello.test.ts', 'types.d.ts', 'vite.config.ts', 'x.md', 'lib', 'none', 'loop']) assert.ok(!isApp(join(dir, name)), name);
});

test('findApp: a wrangler file that is a broken link is found, so that it is reported', (t) => {
  const dir = project(t, { 'index.js': '' });
  symlinkSync('nowhere', join(dir, 'wrangler.jsonc'));
  assert.equal(findApp(dir).configPath, join(dir, 'wrangler.jsonc'));
});

test("findApp: a linked app has its link's name and its real folder", (t) => {
  const dir = project(t, { 'data/v1/index.js': '', 'apps/x': '' });
  symlinkSync('../data/v1', join(dir, 'apps/shop'));
  const { dir: real, baseName, main } = findApp(join(dir, 'apps/shop'));
  assert.deepEqual([real, baseName, main], [join(dir, 'data/v1'), 'shop', join(dir, 'data/v1/index.js')]);
});
