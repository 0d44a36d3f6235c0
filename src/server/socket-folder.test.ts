import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../../test/support/folder.ts';
import { makeSocketFolder } from './socket-folder.ts';

test('is for this user alone', () => {
  assert.equal(statSync(makeSocketFolder(folder())).mode & 0o777, 0o700);
});

test('removes what a server that is gone has left, and nothing else', () => {
  const parent = folder();
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  const mine = makeSocketFolder(parent);
  for (const name of [`nano-${gone}-abcdef`, 'nano-test-1', `nano-${gone}-more-abcdef`, 'other']) mkdirSync(join(parent, name));
  writeFileSync(join(parent, `nano-${gone}-abcdef`, 'store'), '');
  writeFileSync(join(parent, `nano-${gone}-ghijkl`), 'a file');
  const another = makeSocketFolder(parent);
  assert.ok(existsSync(mine) && existsSync(another));
  assert.deepEqual(
    readdirSync(parent)
      .filter((name) => ![mine, another].includes(join(parent, name)))
      .sort(),
    [`nano-${gone}-ghijkl`, `nano-${gone}-more-abcdef`, 'nano-test-1', 'other'],
  );
});

test('is made where nothing can be listed', () => {
  assert.throws(() => makeSocketFolder(join(folder(), 'absent')), { code: 'ENOENT' });
});
