import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceBinding } from '../../bindings/service/index.ts';
import type { Egress } from '../../ports/egress.ts';
import type { SessionClient } from '../../ports/invoker.ts';
import { Entry } from '../../protocol/ops.ts';
import { Access, Outcome, Passed } from '../../protocol/rpc.ts';
import { TestIsolate } from '../egress/fixture.ts';
import type { Place } from '../op.ts';
import { rpcCall, rpcRelease, rpcReturn } from './rpc.ts';

const place = (isolate: TestIsolate): Place => ({ context: isolate, event: isolate.event(1) as Place['event'] });

/** A caller with a binding, number 0, and the callee that its calls open an event in. */
function setUp(): { caller: TestIsolate; callee: TestIsolate; sessions: SessionClient<Place>[]; turns: unknown[][] } {
  const caller = new TestIsolate({} as Egress);
  const callee = new TestIsolate({} as Egress);
  const sessions: SessionClient<Place>[] = [];
  const turns: unknown[][] = [];
  caller.bindings = [new ServiceBinding({ service: 'callee' })];
  caller.invoker = {
    fetch: () => {},
    open: (_target, _origin, _path, client) => {
      sessions.push(client);
      turns.push([...client.opened(place(callee))]);
    },
  };
  return { caller, callee, sessions, turns };
}

const call = (isolate: TestIsolate, target: number, payload: unknown = '[1]', ...pairs: unknown[]): Promise<unknown> =>
  (async () => rpcCall(isolate, 1, 7, target, Access.call, '.add', payload, ...pairs))();

const BINDING = -1;

test('rpcCall: opens an event of the callee, which answers', async () => {
  const { caller, callee, turns } = setUp();
  const answered = call(caller, BINDING);
  assert.deepEqual(turns, [[Entry.rpc, 1, 1, 0, Access.call, '.add', '[1]', undefined, undefined]]);
  rpcReturn(callee, 1, 1, Outcome.returned, '2');
  assert.deepEqual(await answered, [Outcome.returned, '2']);
});

test('rpcCall: counts as a subrequest', async () => {
  const { caller } = setUp();
  caller.mostSubrequests = 0;
  await assert.rejects(call(caller, BINDING), /Too many subrequests/);
});

for (const target of [0, 1, 5, -2, Number.NaN, 1.5, 2 ** 60]) {
  test(`rpcCall: refuses the target ${target}, which the isolate was not given`, async () => {
    const { caller } = setUp();
    await assert.rejects(call(caller, target), { name: 'TypeError', message: 'Invalid service.' });
  });
}

test('rpcCall: refuses what is no payload', async () => {
  const { caller } = setUp();
  await assert.rejects(call(caller, BINDING, 5), /Invalid RPC payload/);
  await assert.rejects(call(caller, BINDING, { length: 1 }), /Invalid RPC payload/);
  await assert.rejects(call(caller, BINDING, new Uint8Array(33 * 1024 * 1024)), /limited to 32MiB/);
});

test('rpcCall: refuses handles that are forged, of another kind, or too many', async () => {
  const { caller } = setUp();
  await assert.rejects(call(caller, BINDING, '', Passed.stub, 3), /RPC stub used after being disposed/);
  await assert.rejects(call(caller, BINDING, '', Passed.service, 3), /Invalid service/);
  await assert.rejects(call(caller, BINDING, '', Passed.source, 3), /on behalf of a different request/);
  await assert.rejects(call(caller, BINDING, '', 99, 3), /Invalid RPC payload/);
  await assert.rejects(call(caller, BINDING, '', Passed.target), /Too many/);
  await assert.rejects(call(caller, BINDING, '', ...Array.from({ length: 4000 }, () => 0)), /Too many/);
});

test('rpcCall: a target number is good for one stub', async () => {
  const { caller } = setUp();
  void call(caller, BINDING, '', Passed.target, 4).catch(() => {});
  await assert.rejects(call(caller, BINDING, '', Passed.target, 4), /Invalid RPC target/);
});

test('rpcCall: a stub of one event is nothing to another isolate', async () => {
  const { caller, turns } = setUp();
  void call(caller, BINDING, '', Passed.target, 4).catch(() => {});
  const handle = (turns[0] as number[])[10] as number;
  const stranger = setUp().caller;
  await assert.rejects(call(stranger, handle), /Invalid service/);
});

test('rpcCall: a stub leads back to whose it is, until the last has gone', async () => {
  const { caller, callee, turns } = setUp();
  void call(caller, BINDING, '', Passed.target, 4).catch(() => {});
  assert.deepEqual(turns[0]?.slice(9, 10), [Passed.stub]);
  const handle = turns[0]?.[10] as number;
  const answered = call(callee, handle, '[2]');
  assert.deepEqual(caller.delivered, [[Entry.rpc, 1, 1, 4, Access.call, '.add', '[2]', undefined, undefined]]);
  rpcReturn(caller, 1, 1, Outcome.returned, '3');
  assert.deepEqual(await answered, [Outcome.returned, '3']);
  rpcRelease(callee, 1, handle);
  assert.deepEqual(caller.delivered.at(-1), [Entry.rpcRelease, 1, 4]);
  await assert.rejects(call(callee, handle), /Invalid service/);
  assert.throws(() => rpcRelease(callee, 1, handle), /RPC stub used after being disposed/);
});

test('rpcReturn: an answer counts once, and only to a call the event was given', async () => {
  const { caller, callee } = setUp();
  const answered = call(caller, BINDING);
  rpcReturn(callee, 1, 99, Outcome.returned, '0');
  rpcReturn(callee, 2, 1, Outcome.returned, '0');
  rpcReturn(callee, 1, 1, 77, '0');
  rpcReturn(callee, 1, 1, Outcome.threw, '["Error","first"]');
  rpcReturn(callee, 1, 1, Outcome.returned, '0');
  assert.deepEqual(await answered, [Outcome.threw, '["Error","first"]']);
});

test('rpcReturn: one that cannot be passed on fails the call', async () => {
  const { caller, callee } = setUp();
  const answered = call(caller, BINDING);
  assert.throws(() => rpcReturn(callee, 1, 1, Outcome.returned, '0', Passed.stub, 12));
  await assert.rejects(answered, /RPC stub used after being disposed/);
});

test('the end of the callee’s event fails the calls it has not answered', async () => {
  const { caller, sessions } = setUp();
  const answered = call(caller, BINDING);
  sessions[0]?.ended();
  await assert.rejects(answered, /was canceled while the call was still running/);
});

test('the end of the caller’s event takes its stubs back', () => {
  const { caller, callee, turns } = setUp();
  void call(caller, BINDING, '', Passed.target, 4).catch(() => {});
  assert.equal(typeof turns[0]?.[10], 'number');
  callee.end.end();
  assert.deepEqual(caller.delivered.at(-1), [Entry.rpcRelease, 1, 4]);
});
