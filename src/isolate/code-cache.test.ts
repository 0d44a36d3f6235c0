import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import ivm from 'isolated-vm';
import { CodeCache } from './code-cache.ts';

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(path.join(tmpdir(), 'nano-cache-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
const blob = (...bytes: number[]): ivm.ExternalCopy<ArrayBuffer> => new ivm.ExternalCopy(Uint8Array.from(bytes).buffer);
const read = async (cache: CodeCache, name: string): Promise<number[] | undefined> => {
  await cache.load(name);
  const found = cache.get(name);
  return found === undefined ? undefined : [...new Uint8Array(found.copy())];
};
const never = (message: string): never => assert.fail(message);

test('get: what was put, from memory or from disk', async (t) => {
  const dir = folder(t);
  const cache = new CodeCache(dir, never);
  assert.equal(cache.has('a'), false);
  await cache.put('a', blob(1, 2, 3));
  await cache.put('../../b', blob(4));
  assert.equal(cache.has('a'), true);
  for (const each of [cache, new CodeCache(dir, never)]) {
    assert.deepEqual([await read(each, 'a'), await read(each, '../../b'), await read(each, 'c')], [[1, 2, 3], [4], undefined]);
  }
  assert.equal(readdirSync(dir).length, 1);
});

test('get: without a folder nothing is kept beyond the cache itself', async () => {
  const cache = new CodeCache(undefined, never);
  await cache.put('a', blob(1));
  assert.deepEqual(await read(cache, 'a'), [1]);
  assert.equal(await read(new CodeCache(undefined, never), 'a'), undefined);
});

test('get: a damaged file is as good as none, and is replaced', async (t) => {
  const dir = folder(t);
  await new CodeCache(dir, never).put('a', blob(1, 2, 3));
  const sub = path.join(dir, readdirSync(dir)[0] as string);
  const file = path.join(sub, readdirSync(sub)[0] as string);
  const good = readFileSync(file);
  for (const bytes of [Buffer.alloc(0), good.subarray(0, 31), good.subarray(0, -1), Buffer.concat([good.subarray(0, -1), Buffer.from([9])])]) {
    writeFileSync(file, bytes);
    const cache = new CodeCache(dir, never);
    assert.equal(await read(cache, 'a'), undefined);
    await cache.put('a', blob(7));
    assert.deepEqual(await read(new CodeCache(dir, never), 'a'), [7]);
  }
});

test('put: a folder that cannot be written is told once, and costs nothing else', async (t) => {
  const dir = folder(t);
  const file = path.join(dir, 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o400);
  const warnings: string[] = [];
  const cache = new CodeCache(file, (message) => warnings.push(message));
  await cache.put('a', blob(1));
  await cache.put('b', blob(2));
  assert.deepEqual(await read(cache, 'a'), [1]);
  assert.equal(warnings.length, 1);
});
