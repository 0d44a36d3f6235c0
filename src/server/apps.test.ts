import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { readServerConfig } from '../config/server.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { BuiltApp } from './app-builder.ts';
import { Apps } from './apps.ts';
import { appSettings } from './engine-config.ts';

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
