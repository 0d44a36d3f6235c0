import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Post } from '../../protocol/ops.ts';
import { attach } from '../bridge.ts';
import { AbortController } from './abort.ts';
import { CustomEvent } from './custom-event.ts';
import { Event } from './event.ts';
import { EventTarget } from './event-target.ts';
import { installGlobalTarget, reportRejection } from './global-target.ts';
import { reportError } from './report-error.ts';

const posted: unknown[][] = [];
attach(
  (...args) => posted.push(args),
  () => undefined,
);
const takePosted = (): unknown[][] => posted.splice(0);

test('dispatchEvent: capturing listeners run before the others, in order', () => {
  const target = new EventTarget();
  const seen: string[] = [];
  target.addEventListener('x', () => seen.push('bubble'));
  target.addEventListener('x', () => seen.push('capture'), true);
  target.addEventListener('x', { handleEvent: () => seen.push('object') });
  assert.equal(target.dispatchEvent(new Event('x')), true);
  assert.deepEqual(seen, ['capture', 'bubble', 'object']);
});

test('dispatchEvent: a listener removed by an earlier one does not run, one added does not either', () => {
  const target = new EventTarget();
  const seen: string[] = [];
  const second = (): void => void seen.push('second');
  target.addEventListener('x', () => {
    target.removeEventListener('x', second);
    target.addEventListener('x', () => seen.push('late'));
  });
  target.addEventListener('x', second);
  target.dispatchEvent(new Event('x'));
  assert.deepEqual(seen, []);
});

test('dispatchEvent: a listener that throws is reported and the next one runs', () => {
  const target = new EventTarget();
  let ran = false;
  target.addEventListener('x', () => {
    throw new RangeError('oops');
  });
  target.addEventListener('x', () => {
    ran = true;
  });
  target.dispatchEvent(new Event('x'));
  assert.equal(ran, true);
  const [op, , name, message, , where] = takePosted()[0] as unknown[];
  assert.deepEqual([op, name, message, where], [Post.uncaught, 'RangeError', 'oops', 'Uncaught']);
});

test('dispatchEvent: once, signal and stopImmediatePropagation are honoured', () => {
  const target = new EventTarget();
  const controller = new AbortController();
  let once = 0;
  let signalled = 0;
  target.addEventListener('x', () => once++, { once: true });
  target.addEventListener('x', () => signalled++, { signal: controller.signal });
  target.dispatchEvent(new Event('x'));
  controller.abort();
  target.dispatchEvent(new Event('x'));
  assert.deepEqual([once, signalled], [1, 1]);
  target.addEventListener('y', (event: Event) => event.stopImmediatePropagation());
  target.addEventListener('y', () => assert.fail('must not run'));
  target.dispatchEvent(new Event('y'));
});

test('dispatchEvent: refuses an event that is being dispatched', () => {
  const target = new EventTarget();
  target.addEventListener('x', (event: Event) => {
    assert.throws(() => target.dispatchEvent(event), { name: 'InvalidStateError' });
    assert.deepEqual(event.composedPath(), [target]);
  });
  target.dispatchEvent(new Event('x'));
});

test('preventDefault: counts only for a cancelable event and outside passive listeners', () => {
  const target = new EventTarget();
  target.addEventListener('x', (event: Event) => event.preventDefault(), { passive: true });
  assert.equal(target.dispatchEvent(new Event('x', { cancelable: true })), true);
  target.addEventListener('x', (event: Event) => event.preventDefault());
  assert.equal(target.dispatchEvent(new Event('x', { cancelable: true })), false);
  assert.equal(target.dispatchEvent(new Event('x')), true);
});

test('isTrusted: an own property that cannot be redefined', () => {
  const descriptor = Object.getOwnPropertyDescriptor(new Event('x'), 'isTrusted');
  assert.equal(descriptor?.configurable, false);
  assert.equal(descriptor?.get, Object.getOwnPropertyDescriptor(new CustomEvent('y'), 'isTrusted')?.get);
});

test('global target: an error listener that cancels keeps the exception from the host', () => {
  const global = {};
  installGlobalTarget(global);
  const { addEventListener } = EventTarget.prototype;
  let seen: unknown;
  addEventListener.call(undefined as never, 'error', (event: Event & { error: unknown }) => {
    seen = event.error;
    event.preventDefault();
    assert.equal(event.target, global);
  });
  takePosted();
  const error = new Error('handled');
  reportError(error);
  assert.equal(seen, error);
  assert.deepEqual(takePosted(), []);
  // A rejection is no exception: it has an event of its own.
  reportRejection(Promise.resolve(), new TypeError('late'));
  assert.equal(seen, error);
  assert.equal(takePosted().length, 1);
});
