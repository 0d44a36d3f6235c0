import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLedger, Ledger, readInFlight } from './ledger.ts';

function ledgerFile(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'nano-ledger-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'ledger');
  createLedger(file);
  return file;
}

test('ledger: marks at the first request, clears a while after the last', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const file = ledgerFile(t);
  const ledger = new Ledger(file);
  ledger.begin(3);
  ledger.begin(3);
  ledger.begin(1000);
  assert.deepEqual(readInFlight(file), [3, 1000]);
  ledger.end(3);
  ledger.end(1000);
  t.mock.timers.tick(10);
  assert.deepEqual(readInFlight(file), [3]);
  ledger.end(3);
  assert.deepEqual(readInFlight(file), [3]);
  ledger.begin(3);
  t.mock.timers.tick(10);
  assert.deepEqual(readInFlight(file), [3]);
  ledger.end(3);
  t.mock.timers.tick(10);
  assert.deepEqual(readInFlight(file), []);
  ledger.end(3);
  ledger.dispose();
});

test('readInFlight: nothing where there is no file', () => {
  assert.deepEqual(readInFlight('/nonexistent/ledger'), []);
});
