import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BuildMemos } from './memo.ts';

function setUp(t: TestContext): { dir: string; main: string; memos: (version?: string) => BuildMemos } {
  const dir = mkdtempSync(join(tmpdir(), 'nano-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'app'));
  const main = join(dir, 'app', 'src.js');
  writeFileSync(main, 'one');
  return { dir, main, memos: (version = '1') => new BuildMemos(join(dir, 'memos', 'deep'), version) };
}

/** The clock of a memo must be past the changes it has seen. */
async function remembered(t: TestContext, memos: BuildMemos, files: string[], input: unknown = { a: 1 }): Promise<void> {
  const now = Date.now() + 10_000;
  t.mock.method(Date, 'now', () => now);
  await memos.remember('app', input, { digest: 'd', warnings: ['w'], files }, []);
}

test('recall: what was remembered, for the same app, input and files', async (t) => {
  const { main, memos, dir } = setUp(t);
  assert.equal(await memos().recall('app', { a: 1 }), undefined);
  await remembered(t, memos(), [main, join(dir, 'app', 'missing.js')]);
  assert.deepEqual(await memos().recall('app', { a: 1 }), { digest: 'd', warnings: ['w'], files: [main, join(dir, 'app', 'missing.js')] });
  assert.equal(await memos().recall('other', { a: 1 }), undefined);
  assert.equal(await memos().recall('app', { a: 2 }), undefined);
  assert.equal(await memos('2').recall('app', { a: 1 }), undefined);
});

test('recall: nothing when a file has changed, come or gone', async (t) => {
  const { dir, main, memos } = setUp(t);
  const input = { a: 1 };
  await remembered(t, memos(), [main]);
  utimesSync(main, new Date(), new Date(2020, 1, 1));
  assert.equal(await memos().recall('app', input), undefined);
  await remembered(t, memos(), [main]);
  assert.ok(await memos().recall('app', input));
  writeFileSync(join(dir, 'app', 'src.ts'), 'comes first now');
  assert.equal(await memos().recall('app', input), undefined);
  await remembered(t, memos(), [main]);
  rmSync(main);
  assert.equal(await memos().recall('app', input), undefined);
});

test('recall: nothing when a file may have changed in the same moment', async (t) => {
  const { main, memos } = setUp(t);
  t.mock.method(Date, 'now', () => statSync(main).mtimeMs);
  await memos().remember('app', {}, { digest: 'd', warnings: [], files: [main] }, []);
  assert.equal(await memos().recall('app', {}), undefined);
});

test('recall: what comes beside a file that was named changes nothing', async (t) => {
  const { dir, main, memos } = setUp(t);
  const now = Date.now() + 10_000;
  t.mock.method(Date, 'now', () => now);
  await memos().remember('app', {}, { digest: 'd', warnings: [], files: [main] }, [main]);
  writeFileSync(join(dir, 'app', 'src.ts'), 'another app');
  assert.equal((await memos().recall('app', {}))?.digest, 'd');
});
