import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownResources } from './known-resources.ts';

test('leave: what a worker leaves stays when another has the resource', () => {
  const known = new KnownResources<string>();
  assert.deepEqual([known.workerOf('db'), known.handoverOf('db')], [undefined, '']);
  known.give('db', 'first');
  known.leave('db', 'state');
  known.give('db', 'second');
  assert.deepEqual([known.workerOf('db'), known.handoverOf('db')], ['second', 'state']);
});

test('give: the resource whose turn is longest ago is forgotten', () => {
  const known = new KnownResources<number>();
  for (let at = 0; at < 5000; at++) known.give(`db ${at}`, at);
  known.give('db 0', 0);
  known.give('one more', 1);
  assert.deepEqual([known.workerOf('db 0'), known.workerOf('db 1'), known.workerOf('db 2')], [0, undefined, 2]);
});
