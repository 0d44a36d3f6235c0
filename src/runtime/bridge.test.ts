import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attach, boundLogs, enterEvent, postLog, request, settle } from './bridge.ts';
import { turnTime } from './web/coarse-clock.ts';

const sent: unknown[][] = [];
attach(
  (...args) => sent.push(args),
  () => undefined,
);

/** Until the clock shows another millisecond. */
function pass(): void {
  const from = Date.now();
  while (Date.now() === from);
}

test('settle: time goes on with answers, as with every other entry', async () => {
  enterEvent(3);
  const entered = turnTime();
  const answer = request(1 as never);
  const call = sent.at(-1)?.[2];
  pass();
  assert.equal(turnTime(), entered);
  settle([call, true, 1, 'value']);
  assert.ok(turnTime() > entered);
  assert.equal(await answer, 'value');
});

test('settle: what a turn may log is counted anew', () => {
  boundLogs(10);
  enterEvent(3);
  const lines = (): number => {
    const before = sent.length;
    for (let i = 0; i < 5; i++) postLog(1, '12345');
    return sent.length - before;
  };
  assert.equal(lines(), 2);
  assert.equal(lines(), 0);
  settle([]);
  assert.equal(lines(), 2);
});
