import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFileOf } from './read-file.ts';

test('readFileOf: reads files of any size, whatever was expected', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'nano-read-'));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const size of [0, 1, 999, 1000, 1001, 300_000]) {
    const content = Buffer.alloc(size, 'abc');
    writeFileSync(join(dir, 'file'), content);
    assert.deepEqual(await readFileOf(join(dir, 'file'), 1000), content);
  }
  await assert.rejects(readFileOf(join(dir, 'none'), 10), { code: 'ENOENT' });
  await assert.rejects(readFileOf(dir, 10), { code: 'EISDIR' });
});
