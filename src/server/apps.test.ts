import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { readServerConfig } from '../config/server.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { BuiltApp } from './app-builder.ts';
import { Apps } from './apps.ts';
import { appSettings } from './engine-config.ts';

test('apps: where two want one name, the one whose folder is called so has it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'nano-apps-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const folder of ['a', 'SHOP', 'shop', 'z']) {
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, 'index.js'), 'export default {};');
    writeFileSync(join(root, folder, 'wrangler.json'), JSON.stringify({ name: 'shop', vars: { FOLDER: folder } }));
  }
  const warnings: string[] = [];
  const apps = new Apps({
    root,
    single: false,
    bundlesDir: join(root, '.bundles'),
    openBuilder: (path) => ({
      build: async () => ({ config: readWorkerConfig(path), digest: 'd', warnings: [], write: async () => {} }),
      watchFiles: () => [],
      dispose: async () => {},
    }),
    settings: appSettings(readServerConfig(undefined, { cwd: root }), false),
    debounceMs: 0,
    exclude: [],
    onOutcome: () => {},
    onRemoved: () => {},
    onWarning: (_message, { path }) => warnings.push(basename(String(path))),
    onChange: () => {},
  });
  await apps.open(false);
  const owner = (): unknown[] => apps.table().map(({ vars }) => vars['FOLDER']);
  assert.deepEqual([owner(), warnings], [['shop'], ['SHOP', 'a', 'z']]);
  rmSync(join(root, 'shop'), { recursive: true });
  await apps.rescan();
  assert.deepEqual(owner(), ['SHOP']);
  rmSync(join(root, 'SHOP'), { recursive: true });
  await apps.rescan();
  assert.deepEqual(owner(), ['a']);
  await apps.close();
});

test('apps: nobody waits long for the build of another one, which follows when it is done', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const root = mkdtempSync(join(tmpdir(), 'nano-apps-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const name of ['quick', 'slow']) writeFileSync(join(root, `${name}.js`), 'export default {};');
  const slow = Promise.withResolvers<void>();
  const changed = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let changes = 0;
  const builds: string[] = [];
  const warnings: string[] = [];
  const build = async (path: string): Promise<BuiltApp> => {
    builds.push(basename(path));
    if (path.endsWith('slow.js')) await slow.promise;
    return { config: readWorkerConfig(path), digest: 'd', warnings: [], write: async () => {} };
  };
  const apps = new Apps({
    root,
    single: false,
    bundlesDir: join(root, '.bundles'),
    openBuilder: (path) => ({ build: () => build(path), watchFiles: () => [path], dispose: async () => {} }),
    settings: appSettings(readServerConfig(undefined, { cwd: root }), false),
    debounceMs: 0,
    exclude: [],
    onOutcome: () => setImmediate(() => t.mock.timers.tick(10_000)),
    onRemoved: () => {},
    onWarning: (message, { path }) => warnings.push(`${basename(String(path))}: ${message}`),
    onChange: () => changed[changes++]?.resolve(),
  });
  await apps.open(false);
  await changed[0]?.promise;
  assert.deepEqual(
    apps.table().map(({ name }) => name),
    ['quick'],
  );
  assert.deepEqual(warnings, ['slow.js: the build takes long; other apps do not wait for it']);
  // It is not built a second time while it is being built.
  await apps.rescan();
  assert.deepEqual(builds, ['quick.js', 'slow.js', 'quick.js']);
  slow.resolve();
  await changed[1]?.promise;
  assert.deepEqual(
    apps.table().map(({ name }) => name),
    ['quick', 'slow'],
  );
  await apps.close();
});
