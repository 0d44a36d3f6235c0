import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Post } from '../../protocol/ops.ts';
import { attach, enterEvent } from '../bridge.ts';
import { AbortController, AbortSignal, addAbortAlgorithm, createDependentAbortSignal, removeAbortAlgorithm, signalAborted, signalReason } from './abort.ts';
import type { Event } from './event.ts';
import { Scheduler, scheduler } from './scheduler.ts';
import { clearInterval, clearTimeout, dropTimers, fireTimer, queueMicrotask, setInterval, setTimeout } from './timers.ts';

let posted: unknown[][] = [];
attach(
  (...args) => posted.push(args),
  () => undefined,
);
const take = (): unknown[][] => {
  const all = posted;
  posted = [];
  return all;
};

test('abort: algorithms run before listeners, once, with the reason', () => {
  const controller = new AbortController();
  const seen: unknown[] = [];
  const removed = (): void => void seen.push('removed');
  addAbortAlgorithm(controller.signal, (reason) => seen.push(['algorithm', reason]));
  addAbortAlgorithm(controller.signal, removed);
  removeAbortAlgorithm(controller.signal, removed);
  (controller.signal as unknown as { onabort: unknown }).onabort = (event: Event): void => void seen.push(event.type);
  controller.abort('why');
  controller.abort('again');
  assert.deepEqual(seen, [['algorithm', 'why'], 'abort']);
  assert.equal(signalReason(controller.signal), 'why');
});

test('abort: without a reason it is an AbortError', () => {
  const signal = AbortSignal.abort();
  assert.equal((signal.reason as Error).name, 'AbortError');
  assert.throws(() => signal.throwIfAborted(), { name: 'AbortError' });
});

test('any: marks every dependent before any event is fired', () => {
  const controller = new AbortController();
  const middle = AbortSignal.any([controller.signal]);
  const outer = createDependentAbortSignal([middle, new AbortController().signal]);
  let state: boolean[] = [];
  controller.signal.addEventListener('abort', () => {
    state = [signalAborted(middle), signalAborted(outer)];
  });
  controller.abort();
  assert.deepEqual(state, [true, true]);
  assert.equal(outer.reason, controller.signal.reason);
});

test('AbortSignal: cannot be constructed', () => {
  assert.throws(() => new AbortSignal(), TypeError);
  assert.throws(() => new Scheduler(), TypeError);
});

test('timers: not allowed in the global scope, clearing is', () => {
  enterEvent(0);
  assert.throws(() => setTimeout(() => {}, 1), /within global scope/);
  assert.throws(() => AbortSignal.timeout(1), /within global scope/);
  clearTimeout(12345);
  assert.deepEqual(take(), []);
});

test('setTimeout: arms at the host, fires once in its own event, passes arguments', () => {
  enterEvent(7);
  take();
  const seen: unknown[] = [];
  const id = setTimeout((...args: unknown[]) => seen.push(args), 20.9, 'a', 2);
  const [armed = []] = take();
  assert.deepEqual([armed.slice(0, 4), typeof armed[4]], [[Post.timerStart, 7, id, 20], 'number']);
  fireTimer(8, id);
  fireTimer(7, id);
  fireTimer(7, id);
  assert.deepEqual(seen, [['a', 2]]);
});

test('setTimeout: refuses code in a string', () => {
  enterEvent(7);
  assert.throws(() => setTimeout('alert(1)', 1), TypeError);
});

test('setInterval: re-arms until cleared, also from its own callback', () => {
  enterEvent(7);
  let count = 0;
  const id = setInterval(() => {
    if (++count === 2) clearInterval(id);
  }, -5);
  take();
  fireTimer(7, id);
  assert.deepEqual(
    take().map((each) => each.slice(0, 4)),
    [[Post.timerStart, 7, id, 0]],
  );
  fireTimer(7, id);
  assert.deepEqual(take(), [[Post.timerCancel, 7, id]]);
  fireTimer(7, id);
  assert.equal(count, 2);
});

test('setTimeout: from the sixth level of nesting on a timer takes 4 ms', () => {
  enterEvent(7);
  take();
  const delays: unknown[] = [];
  const again = (): void => {
    setTimeout(again, 0);
  };
  again();
  for (let i = 0; i < 7; i++) {
    const [, , id, delay] = take()[0] as [number, number, number, number];
    delays.push(delay);
    fireTimer(7, id);
  }
  assert.deepEqual(delays, [0, 0, 0, 0, 0, 4, 4]);
});

test('setTimeout: ten thousand active timers are the most', () => {
  enterEvent(9);
  let made = 0;
  assert.throws(() => {
    for (;;) {
      setTimeout(() => {}, 1);
      made++;
    }
  }, /Too many timers/);
  assert.ok(made > 9_900 && made <= 10_000);
  dropTimers(9);
  take();
  setTimeout(() => {}, 1);
});

test('AbortSignal.timeout: aborts with a TimeoutError when the host says so', () => {
  enterEvent(7);
  take();
  const signal = AbortSignal.timeout(50);
  const [, , id] = take()[0] as [number, number, number];
  fireTimer(7, id);
  assert.equal((signal.reason as Error).name, 'TimeoutError');
});

test('queueMicrotask: reports what the task throws', async () => {
  take();
  queueMicrotask(() => {
    throw new Error('late');
  });
  await Promise.resolve();
  assert.equal((take()[0] as unknown[])[3], 'late');
});

test('scheduler.wait: resolves with its timer, rejects with the signal', async () => {
  enterEvent(7);
  take();
  const waited = scheduler.wait(5);
  fireTimer(7, (take()[0] as number[])[2] as number);
  assert.equal(await waited, undefined);
  const controller = new AbortController();
  const aborted = scheduler.wait(5, { signal: controller.signal });
  take();
  controller.abort('stop');
  await assert.rejects(aborted, (reason) => reason === 'stop');
  assert.equal((take()[0] as number[])[0], Post.timerCancel);
});
