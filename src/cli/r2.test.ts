import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../../test/support/folder.ts';
import { type RunResult, runNano } from '../../test/support/nano-process.ts';

const object = (cwd: string, args: readonly string[], input?: string): Promise<RunResult> =>
  runNano(['r2', 'object', ...args], { cwd, ...(input !== undefined && { input }) });

test('r2 object: as wrangler is called, without making the bucket first', async () => {
  const dir = folder({ 'page.html': '<p>' });
  assert.equal((await object(dir, ['put', 'pages/a/b.html', '--file', 'page.html', '--content-type', 'text/html', '--local'])).code, 0);
  assert.equal((await object(dir, ['put', 'pages/piped', '--pipe', '--content-disposition', 'attachment'], 'from a pipe')).code, 0);
  assert.equal((await object(dir, ['get', 'pages/piped', '--pipe', '--local'])).stdout, 'from a pipe');
  assert.equal((await object(dir, ['get', 'pages/a/b.html', '--file', 'got', '--persist-to', '.nano'])).code, 0);
  assert.equal(readFileSync(join(dir, 'got'), 'utf8'), '<p>');
  assert.equal((await object(dir, ['delete', 'pages/a/b.html'])).code, 0);
  const listed = await object(dir, ['list', 'pages', '--json']);
  assert.deepEqual(
    listed.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { key: string }).key),
    ['piped'],
  );
});

test('r2 object: what is wrong is said', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'file'), 'x');
  const nothing = await object(dir, ['put', 'pages/a']);
  assert.deepEqual([nothing.code, /--pipe/.test(nothing.stderr)], [2, true]);
  const missing = await object(dir, ['get', 'pages/a']);
  assert.deepEqual([missing.code, missing.stderr], [1, 'nano: there is no bucket pages\n']);
  assert.equal((await object(dir, ['put', 'No_Bucket/a', '--file', 'file'])).code, 1);
});

test('r2 bucket info: counts objects and their bytes', async () => {
  const dir = folder({ 'one.txt': '12345', 'two.txt': '123' });
  for (const name of ['one', 'two']) assert.equal((await object(dir, ['put', `files/${name}`, '--file', `${name}.txt`])).code, 0);
  const told = await runNano(['r2', 'bucket', 'info', 'files', '--json'], { cwd: dir });
  const { name, objects, bytes } = JSON.parse(told.stdout) as Record<string, unknown>;
  assert.deepEqual([name, objects, bytes], ['files', 2, 8]);
  const missing = await runNano(['r2', 'bucket', 'info', 'flies'], { cwd: dir });
  assert.deepEqual([missing.code, missing.stdout], [1, '']);
  assert.match(missing.stderr, /there is no bucket flies/);
});
