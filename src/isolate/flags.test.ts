import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ISOLATE_FLAGS } from './flags.ts';

const run = promisify(execFile);
const fixture = fileURLToPath(new URL('wasm-code.fixture.ts', import.meta.url));

/** Has V8 collect code whenever a function was compiled again, which it does soon. */
const STRESS = ['--stress-wasm-code-gc', '--wasm-tiering-budget=1000'];
/** Milliseconds; it takes some seconds. */
const FOR_EVER = 120_000;

for (const [work, flags] of Object.entries({ collect: STRESS, compile: [] })) {
  test(`isolates are deleted while V8 has WebAssembly to ${work}, and no thread waits for itself`, async () => {
    const args = [...flags, ...ISOLATE_FLAGS, fixture, work];
    const { stdout } = await run(process.execPath, args, { timeout: FOR_EVER, killSignal: 'SIGKILL' });
    assert.equal(stdout, '480 deleted\n');
  });
}

test('bin/nano.js and the test command have the same flags', () => {
  const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  assert.ok(text('bin/nano.js').includes(`[${ISOLATE_FLAGS.map((flag) => `'${flag}'`).join(', ')}]`));
  assert.ok(text('package.json').includes(`node ${ISOLATE_FLAGS.join(' ')} --test `));
});
