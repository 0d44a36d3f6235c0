import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpError } from '../../base/op-error.ts';
import { QUOTA_EXCEEDED, type Stores } from '../../ports/stores.ts';
import { type NewMessage, STORAGE_LIMIT } from './messages.ts';
import { Outbox } from './outbox.ts';
import { unpack } from './parcels.ts';

const text = (body: string, delayMs = 0): NewMessage => ({ type: 'text', body, size: body.length, delayMs });

/** What each call brings: the messages of each parcel, and those that are to wait. */
type Call = { parcels: string[][]; delayed: string[] };

function setUp(refuses: (call: Call) => Error | undefined = () => undefined): { outbox: Outbox; calls: Call[] } {
  const calls: Call[] = [];
  const stores: Stores = {
    async call(_address, method, [queue, parcels, delayed]) {
      assert.deepEqual([method, queue], ['send', 'jobs']);
      const call = {
        parcels: (parcels as Uint8Array[]).map((parcel) => unpack(parcel).map(({ body }) => String(body))),
        delayed: (delayed as NewMessage[]).map(({ body }) => String(body)),
      };
      calls.push(call);
      const refusal = refuses(call);
      if (refusal !== undefined) throw refusal;
      return { backlogCount: calls.length, backlogBytes: 0, oldestMessageTimestamp: 0 };
    },
  };
  return { outbox: new Outbox(stores, { product: 'queues', group: 'default', id: 'queues' }, 'jobs'), calls };
}

const send = (outbox: Outbox, ...messages: NewMessage[]): Promise<unknown> =>
  outbox.send(
    messages,
    messages.reduce((sum, { size }) => sum + size, 0),
  );

test('outbox: what is sent at once is one call and one parcel, and all are answered by it', async () => {
  const { outbox, calls } = setUp();
  const answers = await Promise.all([send(outbox, text('a'), text('b')), send(outbox, text('late', 1000)), send(outbox, text('c'))]);
  assert.deepEqual(calls, [{ parcels: [['a', 'b', 'c']], delayed: ['late'] }]);
  assert.equal(new Set(answers).size, 1);
  await send(outbox, text('d'));
  assert.deepEqual(calls[1], { parcels: [['d']], delayed: [] });
});

test('outbox: what is sent goes before what a promise leads to', async () => {
  const { outbox, calls } = setUp();
  const sent = [send(outbox, text('a')), send(outbox, text('b'))];
  // As the end of a batch leads to a call for the next one.
  const seen = await new Promise((resolve) => {
    process.nextTick(() => void Promise.resolve().then(() => resolve(calls.length)));
  });
  assert.equal(seen, 1);
  await Promise.all(sent);
  assert.deepEqual(calls, [{ parcels: [['a', 'b']], delayed: [] }]);
});

test('outbox: a parcel holds no more than a batch may, and a call no more than a bound', async () => {
  const { outbox, calls } = setUp();
  const many = Array.from({ length: 60 }, (_, index) => text(`${index}`));
  const large = text('x'.repeat(120_000));
  await Promise.all([send(outbox, ...many), send(outbox, ...many), send(outbox, text('a')), send(outbox, large, large), send(outbox, large)]);
  assert.deepEqual(
    calls.map(({ parcels }) => parcels.map((parcel) => parcel.length)),
    [[60, 63, 1]],
  );
  calls.length = 0;
  await Promise.all(Array.from({ length: 18 }, () => send(outbox, large)));
  assert.deepEqual(
    calls.map(({ parcels }) => parcels.flat().length),
    [9, 9],
  );
});

for (const refusal of [new OpError(QUOTA_EXCEEDED, 'full'), new OpError('Error', STORAGE_LIMIT)]) {
  test(`outbox: where there is no room for all each is let ask alone (${refusal.message})`, async () => {
    const { outbox, calls } = setUp(({ parcels }) => (parcels.flat().includes('large') ? refusal : undefined));
    const results = await Promise.allSettled([send(outbox, text('a')), send(outbox, text('large')), send(outbox, text('b'))]);
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? result.reason : result.status)),
      ['fulfilled', refusal, 'fulfilled'],
    );
    assert.deepEqual(
      calls.map(({ parcels }) => parcels.flat().join()),
      ['a,large,b', 'a', 'large', 'b'],
    );
  });
}

test('outbox: what may have been stored is not sent again', async () => {
  const lost = new OpError('Error', 'the storage was restarted');
  const { outbox, calls } = setUp(() => lost);
  const results = await Promise.allSettled([send(outbox, text('a')), send(outbox, text('b'))]);
  assert.deepEqual(
    results.map((result) => result.status === 'rejected' && result.reason === lost),
    [true, true],
  );
  assert.equal(calls.length, 1);
});
