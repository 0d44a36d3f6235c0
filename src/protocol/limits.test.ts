import assert from 'node:assert/strict';
import test from 'node:test';
import { CEILING_LIMITS, DEFAULT_LIMITS, LIMIT_NAMES, LIMITS } from './limits.ts';

test('LIMITS: every entry is frozen, named by its key, and minimum <= default <= ceiling', () => {
  assert.ok(Object.isFrozen(LIMITS));
  for (const name of LIMIT_NAMES) {
    const limit = LIMITS[name];
    assert.ok(Object.isFrozen(limit), name);
    assert.equal(limit.name, name);
    assert.equal(
      limit.key,
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    assert.ok(limit.minimum <= limit.default && limit.default <= limit.ceiling, name);
    assert.ok(limit.description.length > 10, name);
  }
});

test('DEFAULT_LIMITS, CEILING_LIMITS: have the numbers of the table', () => {
  assert.equal(DEFAULT_LIMITS.memoryMb, 128);
  assert.equal(DEFAULT_LIMITS.cpuMs, 5000);
  assert.equal(CEILING_LIMITS.cpuMs, 300_000);
  assert.equal(DEFAULT_LIMITS.envVarBytes, 5120);
  assert.equal(DEFAULT_LIMITS.responseBodyBytes, Number.POSITIVE_INFINITY);
});
