import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Accounts, diskBytes } from './accounts.ts';

const kv = { product: 'kv', group: 'default', id: 'one' };
const r2 = { product: 'r2', group: 'default', id: 'one' };
const account = (limit: number, elsewhere = 0) => [{ app: 'app', limit, elsewhere, stores: [kv, r2] }];

test('free: what is left of the limit, over all stores of an account', () => {
  const accounts = new Accounts();
  accounts.set(account(100, 10));
  accounts.charge(kv, 20);
  accounts.charge(r2, 30);
  assert.equal(accounts.free(kv), 40);
  accounts.setElsewhere([['app', 50]]);
  assert.equal(accounts.free(r2), 0);
  accounts.charge(r2, 5);
  assert.equal(accounts.free(kv), 25);
});

test('free: without an end where nobody pays', () => {
  const accounts = new Accounts();
  accounts.charge(kv, 20);
  assert.equal(accounts.free(kv), Number.POSITIVE_INFINITY);
});

test('hold: room that was promised is not free until it is given back', () => {
  const accounts = new Accounts();
  accounts.set(account(100));
  accounts.hold(kv, 60);
  assert.equal(accounts.free(r2), 40);
  accounts.hold(kv, -60);
  assert.equal(accounts.free(r2), 100);
});

test('set: what stores hold, and what was promised, goes over to the new payer', () => {
  const accounts = new Accounts();
  assert.deepEqual(accounts.set(account(100)), [kv, r2]);
  accounts.charge(kv, 20);
  accounts.hold(r2, 7);
  assert.deepEqual(accounts.set([{ app: 'other', limit: 50, elsewhere: 0, stores: [kv, { ...r2, bytes: 10 }] }]), [r2]);
  assert.equal(accounts.free(kv), 13);
  // What was found by opening it counts more than what somebody says.
  accounts.charge(r2, 1);
  accounts.set([{ app: 'other', limit: 50, elsewhere: 0, stores: [kv, { ...r2, bytes: 10 }] }]);
  assert.equal(accounts.free(kv), 22);
});

test('set: a store named twice is on one account', () => {
  const accounts = new Accounts();
  accounts.charge(kv, 20);
  accounts.set([...account(100), { app: 'other', limit: 100, elsewhere: 0, stores: [kv] }]);
  assert.deepEqual(
    accounts.changes().map(({ app, bytes }) => [app, bytes]),
    [
      ['app', { kv: 20 }],
      ['other', {}],
    ],
  );
});

test('changes: tells what is new, once, with the writes that were refused', () => {
  const accounts = new Accounts();
  accounts.set(account(100));
  accounts.changes();
  assert.deepEqual(accounts.changes(), []);
  accounts.charge(kv, 5);
  accounts.refused(r2);
  accounts.refused(r2, 2);
  assert.deepEqual(accounts.changes(), [{ app: 'app', bytes: { kv: 5 }, refused: { r2: 3 } }]);
  accounts.charge(kv, 5);
  assert.deepEqual(accounts.changes(), []);
});

test('diskBytes: a file takes whole blocks', () => {
  assert.deepEqual([0, 1, 4096, 4097].map(diskBytes), [0, 4096, 4096, 8192]);
});
