import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OddFileError, readRegularFile, readRegularFileSync } from './regular-file.ts';

test('read: whole files, also through links; pipes, devices, folders and what is too large are refused', { skip: process.platform === 'win32' }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'nano-file-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const at = (name: string): string => join(dir, name);
  writeFileSync(at('file'), 'text');
  writeFileSync(at('empty'), '');
  symlinkSync(at('file'), at('link'));
  symlinkSync('/dev/zero', at('device'));
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('folder'));
  const both = async (name: string, most: number): Promise<[string, string]> => [
    readRegularFileSync(at(name), most).toString(),
    (await readRegularFile(at(name), most)).toString(),
  ];
  assert.deepEqual(await both('file', 4), ['text', 'text']);
  assert.deepEqual(await both('link', 5), ['text', 'text']);
  assert.deepEqual(await both('empty', 0), ['', '']);
  for (const [name, most, expected] of [
    ['file', 3, (error: unknown) => error instanceof OddFileError && error.size === 4],
    ['pipe', 9, (error: unknown) => error instanceof OddFileError && error.size === undefined],
    ['device', 9, (error: unknown) => error instanceof OddFileError && error.size === undefined],
    ['folder', 9, { code: 'EISDIR' }],
    ['none', 9, { code: 'ENOENT' }],
  ] as const) {
    assert.throws(() => readRegularFileSync(at(name), most), expected, name);
    await assert.rejects(readRegularFile(at(name), most), expected, name);
  }
});
