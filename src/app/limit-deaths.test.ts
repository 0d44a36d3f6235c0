import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LimitDeaths } from './limit-deaths.ts';

function setUp(): { deaths: LimitDeaths; wait(ms: number): void; dies(times: number, everyMs: number): (number | undefined)[] } {
  let now = 1000;
  const deaths = new LimitDeaths(() => now);
  return {
    deaths,
    wait: (ms) => {
      now += ms;
    },
    dies: (times, everyMs) =>
      Array.from({ length: times }, () => {
        now += everyMs;
        return deaths.died('a', 'memory')?.ms;
      }),
  };
}

test('limit deaths: one now and then makes no pause, for ever', () => {
  const { deaths, dies } = setUp();
  assert.deepEqual([...new Set(dies(1000, 500))], [undefined]);
  assert.equal(deaths.pausing('a'), undefined);
});

test('limit deaths: a burst makes none either', () => {
  const { deaths, dies } = setUp();
  assert.deepEqual([...new Set(dies(50, 10))], [undefined]);
  assert.equal(deaths.pausing('a'), undefined);
});

test('limit deaths: a flood makes a pause, and each death after one a longer pause', () => {
  const { deaths, dies, wait } = setUp();
  assert.deepEqual([...new Set(dies(65, 10))], [undefined, 500]);
  assert.equal(deaths.pausing('a'), 'memory');
  assert.equal(deaths.pausing('b'), undefined);
  wait(500);
  assert.equal(deaths.pausing('a'), undefined);
  const pauses: (number | undefined)[] = [];
  for (let at = 0; at < 6; at++) {
    const [ms] = dies(1, 10);
    pauses.push(ms);
    wait(ms ?? 0);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 8000, 8000]);
});

test('limit deaths: who has been good for a while begins anew', () => {
  const { dies, wait } = setUp();
  dies(65, 10);
  wait(30_000);
  assert.deepEqual([...new Set(dies(50, 1))], [undefined]);
  assert.equal(dies(1, 1)[0], 500);
});

test('limit deaths: deaths of isolates that were there before a pause do not add to it', () => {
  const { dies, wait, deaths } = setUp();
  dies(51, 1);
  assert.deepEqual(dies(5, 10), [undefined, undefined, undefined, undefined, undefined]);
  wait(450);
  assert.equal(deaths.pausing('a'), undefined);
});
