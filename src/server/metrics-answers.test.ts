import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MetricsAnswers } from './metrics-answers.ts';

const piece = (call: number, text: string, isLast = false): Parameters<MetricsAnswers['take']>[0] => ({ type: 'metrics', call, text, isLast });

function asking(t: TestContext): { answers: MetricsAnswers; asked: number[]; ask(): { isSettled: boolean } } {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: number[] = [];
  const answers = new MetricsAnswers((call) => asked.push(call));
  return {
    answers,
    asked,
    ask: () => {
      const state = { isSettled: false };
      void answers.ask().then(() => {
        state.isSettled = true;
      });
      return state;
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('take: pieces are one answer when the last is there', async (t) => {
  const { answers, ask } = asking(t);
  const state = ask();
  assert.ok(answers.take(piece(1, 'a')));
  await settled();
  assert.deepEqual([state.isSettled, answers.last], [false, []]);
  assert.ok(answers.take(piece(1, 'b', true)));
  await settled();
  assert.deepEqual([state.isSettled, answers.last], [true, ['a', 'b']]);
});

test('take: each piece gives it time for the next; what comes later still is kept', async (t) => {
  const { answers, ask } = asking(t);
  const state = ask();
  for (let count = 0; count < 5; count++) {
    t.mock.timers.tick(1900);
    assert.ok(answers.take(piece(1, 'a')));
  }
  await settled();
  assert.equal(state.isSettled, false);
  t.mock.timers.tick(2000);
  await settled();
  assert.deepEqual([state.isSettled, answers.last], [true, []]);
  assert.ok(answers.take(piece(1, 'b', true)));
  assert.equal(answers.last.length, 6);
});

test('take: of two answers the newer one stays', (t) => {
  const { answers, ask } = asking(t);
  ask();
  ask();
  assert.ok(answers.take(piece(2, 'new', true)));
  assert.ok(answers.take(piece(1, 'old', true)));
  assert.deepEqual(answers.last, ['new']);
});

test('ask: one that owes several answers is not asked again, and whoever asks gets the last of them', async (t) => {
  const { answers, asked, ask } = asking(t);
  const states = Array.from({ length: 10 }, ask);
  assert.deepEqual(asked, [1, 2, 3, 4]);
  assert.ok(answers.take(piece(4, 'a', true)));
  await settled();
  assert.deepEqual(
    states.map(({ isSettled }) => isSettled),
    states.map((_, at) => at >= 3),
  );
  ask();
  assert.deepEqual(asked, [1, 2, 3, 4, 5]);
});

test('take: what nobody asked for, what has been answered, and more than any counts, is no answer of ours', (t) => {
  const { answers, ask } = asking(t);
  assert.equal(answers.take(piece(1, 'a', true)), false);
  ask();
  assert.equal(answers.take(piece(1, 'a', true)), true);
  assert.equal(answers.take(piece(1, 'a', true)), false);
  const long = 'm'.repeat(2 ** 20);
  ask();
  for (let count = 0; count < 64; count++) assert.equal(answers.take(piece(2, long)), true);
  assert.equal(answers.take(piece(2, 'm')), false);
  ask();
  for (let count = 0; count < 10_000; count++) assert.equal(answers.take(piece(3, '')), true);
  assert.equal(answers.take(piece(3, '')), false);
  assert.deepEqual(answers.last, ['a']);
});

test('end: nobody waits any more', async (t) => {
  const { answers, ask } = asking(t);
  const states = [ask(), ask()];
  answers.end();
  await settled();
  assert.deepEqual(states, [{ isSettled: true }, { isSettled: true }]);
});
