import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../../test/support/folder.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { BundleCleaner } from './bundle-cleaner.ts';

test('bundles: go a while after they have gone out of use, however often apps change', async () => {
  const dir = folder({ 'app/v1/manifest.json': '', 'app/v2/manifest.json': '', 'app/v3/manifest.json': '' });
  const clock = new ManualClock();
  let used = ['v1', 'v2', 'v3'];
  const cleaner = new BundleCleaner({ clock, bundlesDir: dir, isShared: () => false, used: () => new Set(used.map((version) => join(dir, 'app', version))) });
  const deploy = async (times: number): Promise<string[]> => {
    for (let left = times; left > 0; left--) {
      cleaner.changed();
      clock.advance(1000);
      await cleaner.done;
    }
    return readdirSync(join(dir, 'app')).sort();
  };
  used = ['v2', 'v3'];
  // It may have gone out of use a moment before the first look.
  assert.deepEqual(await deploy(60), ['v1', 'v2', 'v3']);
  used = ['v3'];
  assert.deepEqual(await deploy(60), ['v2', 'v3']);
  // Back in use, before it is removed.
  used = ['v2', 'v3'];
  assert.deepEqual(await deploy(120), ['v2', 'v3']);
  used = ['v3'];
  await cleaner.clean();
  assert.deepEqual(await deploy(0), ['v3']);
});
