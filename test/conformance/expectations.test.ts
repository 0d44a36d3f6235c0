import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AREAS } from './areas.ts';
import { countKnown, expectationsFile, judge, type Known, readExpectations } from './expectations.ts';
import { knownFailures } from './ratchet.ts';
import type { Outcome } from './run.ts';

function outcome(path: string, subtests: Readonly<Record<string, boolean>>, { variant = '', error }: { variant?: string; error?: string } = {}): Outcome {
  return {
    test: { path, variant, area: 'url', kind: 'plain', isLong: false },
    error,
    subtests: Object.entries(subtests).map(([name, passed]) => ({ name, passed, message: passed ? '' : 'why' })),
    milliseconds: 1,
  };
}

const known = (failures: Known['failures'], isFlaky = false): Known[] => [{ reason: 'a reason', isFlaky, failures }];
const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name);

describe('judge', () => {
  test('a failure that is not listed is unexpected', () => {
    const { unexpected, stale } = judge([], [outcome('a', { x: false, y: true })]);
    assert.deepEqual(unexpected, [{ key: 'a', name: 'x', message: 'why' }]);
    assert.deepEqual(stale, []);
  });

  test('a listed failure is neither', () => {
    const list = known({ a: ['x'] });
    const { unexpected, stale, pruned } = judge(list, [outcome('a', { x: false })]);
    assert.deepEqual([unexpected, stale, pruned], [[], [], list]);
  });

  test('a listed failure that passes is stale, and pruned', () => {
    const { stale, pruned } = judge(known({ a: ['x', 'z'], b: ['x'] }), [outcome('a', { x: false, z: true })]);
    assert.deepEqual(stale, [{ key: 'a', name: 'z' }]);
    assert.deepEqual(pruned, known({ a: ['x'], b: ['x'] }));
  });

  test('a group that has become empty goes', () => {
    assert.deepEqual(judge(known({ a: ['x'] }), [outcome('a', { x: true })]).pruned, []);
  });

  test('a path stands for all its variants, a variant for itself', () => {
    const outcomes = [outcome('a', { x: false }, { variant: '?1' }), outcome('a', { x: false }, { variant: '?2' })];
    assert.deepEqual(judge(known({ a: ['x'] }), outcomes).unexpected, []);
    assert.deepEqual(
      judge(known({ 'a?1': ['x'] }), outcomes).unexpected.map(({ key }) => key),
      ['a?2'],
    );
  });

  test('a pattern covers as many as it counts, and no more', () => {
    const outcomes = [outcome('a', { x1: false, x2: false, y: true })];
    assert.deepEqual(judge(known({ a: { match: '^x', count: 2 } }), outcomes).unexpected, []);
    assert.deepEqual(names(judge(known({ a: { match: '^x', count: 1 } }), outcomes).unexpected), ['x1', 'x2']);
    const { stale, pruned } = judge(known({ a: { match: '^x', count: 3 } }), outcomes);
    assert.deepEqual([names(stale), pruned], [['^x (2 of 3)'], known({ a: { match: '^x', count: 2 } })]);
  });

  test('the failure of a whole file is listed like a subtest', () => {
    const outcomes = [outcome('a', {}, { error: 'timeout' })];
    assert.deepEqual(names(judge([], outcomes).unexpected), ['(file)']);
    assert.deepEqual(judge(known({ a: ['(file)'] }), outcomes).unexpected, []);
  });

  test('what is flaky may pass', () => {
    assert.deepEqual(judge(known({ a: ['x'] }, true), [outcome('a', { x: true })]).stale, []);
  });
});

describe('the lists of known failures', () => {
  const files = readdirSync(join(import.meta.dirname, 'expectations'));

  test('belong to areas', () => {
    const names = AREAS.flatMap(({ name }) => [expectationsFile(name, 'plain'), expectationsFile(name, 'server')]);
    for (const file of files) assert.ok(names.includes(file), `${file} belongs to no area`);
  });

  test('have a reason for each', () => {
    for (const file of files) for (const { reason } of readExpectations(file)) assert.ok(reason.length > 20, `${file}: "${reason}" is no reason`);
  });

  test('do not grow: tools/ratchet.json says how long each may be', () => {
    const counts = Object.fromEntries(files.map((file) => [file, countKnown(readExpectations(file))]));
    assert.deepEqual(counts, { ...knownFailures() });
  });
});
