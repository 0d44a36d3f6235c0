import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQuota } from './event-quota.ts';

function setUp(limits: { subrequests?: number; connections?: number } = {}): { quota: EventQuota; told: string[] } {
  const told: string[] = [];
  return { told, quota: new EventQuota({ subrequests: 2, connections: 1, ...limits }, (detail) => told.push(detail)) };
}

test('countSubrequest: refuses the first beyond the limit and every one after it, and tells of it once', () => {
  const { quota, told } = setUp();
  quota.countSubrequest();
  quota.countSubrequest();
  for (let times = 0; times < 2; times++) {
    assert.throws(() => quota.countSubrequest(), { name: 'Error', message: 'Too many subrequests.' });
    assert.deepEqual(told, ['more than 2 subrequests']);
  }
});

test('countBindingCall: does not count with subrequests', () => {
  const { quota, told } = setUp();
  for (let i = 0; i < 1000; i++) quota.countBindingCall();
  assert.throws(() => quota.countBindingCall(), { message: 'Too many API requests by single worker invocation.' });
  assert.deepEqual(told, ['more than 1000 calls of bindings']);
  quota.countSubrequest();
});

test('acquireConnection: a place goes to the next in line, and back when there is none; giving it back twice does nothing', async () => {
  const { quota } = setUp();
  const release = await quota.acquireConnection();
  const order: string[] = [];
  const second = quota.acquireConnection().then((give) => (order.push('second'), give));
  const third = quota.acquireConnection().then((give) => (order.push('third'), give));
  release();
  release();
  const releaseSecond = await second;
  assert.deepEqual(order, ['second']);
  releaseSecond();
  (await third)();
  (await quota.acquireConnection())();
});
