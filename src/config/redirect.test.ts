import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { isApp } from './find-app.ts';
import { ConfigError } from './problem.ts';
import { type Files, project } from './project.fixture.ts';
import { readWorkerConfig } from './worker.ts';
import type { WorkerOptions } from './worker-config.ts';

const OWN = { name: 'own', main: 'src/index.ts', compatibility_date: '2025-10-08', env: { staging: { vars: { X: '1' } } } };
/** What the Vite plugin writes, with the keys that it writes for everybody. */
const MADE = {
  configPath: '/elsewhere/wrangler.json',
  userConfigPath: '/elsewhere/wrangler.json',
  topLevelName: 'own',
  definedEnvironments: ['staging'],
  targetEnvironment: 'staging',
  legacy_env: true,
  name: 'own-staging',
  main: 'index.js',
  compatibility_date: '2025-10-08',
  rules: [{ type: 'ESModule', globs: ['**/*.js', '**/*.mjs'] }],
  assets: { directory: '../client' },
  vars: { MADE: 'yes' },
  triggers: {},
  durable_objects: { bindings: [] },
  logfwdr: { bindings: [] },
  python_modules: { exclude: ['**/*.pyc'] },
  cloudchamber: {},
  workflows: [],
  no_bundle: true,
};
const TREE: Files = {
  'wrangler.json': OWN,
  'src/index.ts': '',
  '.dev.vars': 'SECRET=beside\n',
  '.wrangler/deploy/config.json': { configPath: '../../dist/own/wrangler.json', auxiliaryWorkers: [] },
  'dist/own/wrangler.json': MADE,
  'dist/own/index.js': '',
  'dist/client/index.html': '',
};

function failure(dir: string, options?: WorkerOptions): string {
  try {
    readWorkerConfig(dir, options);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

test('redirect: what a build has made stands in for the project’s own configuration', (t) => {
  const dir = project(t, TREE);
  const config = readWorkerConfig(dir);
  assert.equal(config.name, 'own-staging');
  assert.equal(config.main, join(dir, 'dist/own/index.js'));
  assert.equal(config.assets?.directory, join(dir, 'dist/client'));
  assert.deepEqual({ ...config.vars }, { MADE: 'yes' });
  assert.ok(config.sources.includes(join(dir, '.wrangler/deploy/config.json')));
});

test('redirect: secrets for development stay beside the project’s own configuration', (t) => {
  assert.deepEqual({ ...readWorkerConfig(project(t, TREE)).secrets }, { SECRET: 'beside' });
});

test('redirect: what tools write for every app brings no warning', (t) => {
  const warnings = (made: object): string[] =>
    readWorkerConfig(project(t, { ...TREE, 'dist/own/wrangler.json': { ...MADE, ...made } })).warnings.map(({ message }) => message);
  assert.deepEqual(warnings({}), []);
  // Of a version that is newer than this.
  assert.deepEqual(warnings({ key_to_come: [], another: { bindings: [] } }), []);
  assert.deepEqual(warnings({ key_to_come: [{ binding: 'X' }] }), ['Unexpected fields found in top-level field: "key_to_come"']);
});

test('redirect: a build is for one environment, and has no sections of others', (t) => {
  const dir = project(t, TREE);
  assert.equal(readWorkerConfig(dir, { env: 'staging' }).name, 'own-staging');
  assert.match(failure(dir, { env: 'production' }), /environment "production"[\s\S]*"staging"[\s\S]*Build the project again/);
  assert.match(
    failure(project(t, { ...TREE, 'dist/own/wrangler.json': { ...MADE, env: { a: {} } } })),
    /Redirected configurations cannot include environments/,
  );
});

test('redirect: not for a configuration that is named, nor where it is not wanted', (t) => {
  const dir = project(t, TREE);
  assert.equal(readWorkerConfig(join(dir, 'wrangler.json')).name, 'own');
  assert.equal(readWorkerConfig(dir, { redirect: false }).name, 'own');
});

test('redirect: no configuration of one’s own is needed', (t) => {
  const { 'wrangler.json': _, 'src/index.ts': _index, ...rest } = TREE;
  const dir = project(t, rest);
  assert.equal(isApp(dir), true);
  assert.equal(readWorkerConfig(dir).name, 'own-staging');
});

test('redirect: says what to do where it leads nowhere', (t) => {
  const dir = project(t, TREE);
  rmSync(join(dir, 'dist'), { recursive: true });
  assert.match(failure(dir), /"dist\/own\/wrangler\.json", does not exist[\s\S]*Build the project again/);
  assert.match(failure(project(t, { ...TREE, '.wrangler/deploy/config.json': { auxiliaryWorkers: [] } })), /"configPath" property was not found/);
});
