import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DispatchBinding } from '../bindings/dispatch/index.ts';
import { ServiceBinding } from '../bindings/service/index.ts';
import type { Egress } from '../ports/egress.ts';
import { OWN_EXPORT } from '../protocol/rpc.ts';
import { TestIsolate } from './egress/fixture.ts';
import { headOf, originOf, serviceAt } from './service-target.ts';
import type { EventState, Place } from './op.ts';

const isolate = new TestIsolate({} as Egress);
const place = { context: isolate, event: isolate.event(1) as EventState };
isolate.bindings = [
  new ServiceBinding({ service: 'other', entrypoint: 'Named', props: { a: 1 } }),
  new DispatchBinding({ namespace: 'customers' }),
  new DispatchBinding({ namespace: 'customers', outbound: 'gate', parameters: ['customer'] }),
  new ServiceBinding({ service: 'tested' }),
];

test('serviceAt: a binding by its number', () => {
  assert.deepEqual(serviceAt(place, -1), { app: 'other', entrypoint: 'Named', props: { text: '{"a":1}', services: [] } });
});

test('serviceAt: an app of a dispatch namespace, with limits', () => {
  const { app, namespace, limits } = serviceAt(place, JSON.stringify([-2, 'shop', 50, null]));
  assert.deepEqual({ app, namespace, limits }, { app: 'shop', namespace: 'customers', limits: { cpuMs: 50, subrequests: Number.POSITIVE_INFINITY } });
});

test('serviceAt: what stands between a dispatched app and the network, and beyond that what stands before the caller', () => {
  const next = { app: 'outer', env: undefined, next: undefined };
  const under: Place = { context: isolate, event: { ...place.event, outbound: next } };
  const parameters = '{"customer":"ada"}';
  const dispatched = (from: Place, binding: number, ...more: unknown[]): unknown =>
    serviceAt(from, JSON.stringify([binding, 'shop', null, null, ...more])).outbound;
  assert.equal(dispatched(place, -2), undefined);
  assert.equal(dispatched(under, -2), next);
  assert.deepEqual(dispatched(place, -3, parameters), { app: 'gate', env: parameters, next: undefined });
  assert.deepEqual(dispatched(under, -3), { app: 'gate', env: undefined, next });
  assert.equal(serviceAt(under, -4).outbound, next);
  assert.equal(serviceAt(under, JSON.stringify([OWN_EXPORT, 'Named'])).outbound, next);
  assert.equal(serviceAt(under, -1).outbound, undefined);
  for (const refused of ['{"costumer":1}', '[]', 'null', '{']) assert.throws(() => dispatched(place, -3, refused), { name: 'TypeError' }, refused);
  assert.throws(() => dispatched(place, -2, parameters), /names no outbound worker/);
});

test('serviceAt: an entrypoint of the app itself', () => {
  assert.deepEqual(serviceAt(place, JSON.stringify([OWN_EXPORT, 'Named', '{"a":1}', -1])), {
    app: 'tested',
    entrypoint: 'Named',
    props: { text: '{"a":1}', services: [serviceAt(place, -1)] },
  });
  assert.throws(() => serviceAt(place, JSON.stringify([OWN_EXPORT, 'Named', { a: 1 }])), /Invalid service/);
  assert.throws(() => serviceAt(place, JSON.stringify([OWN_EXPORT, 'Named', '{}', 7])), /Invalid service/);
  assert.deepEqual(serviceAt(place, JSON.stringify([OWN_EXPORT, 'default'])), { app: 'tested', entrypoint: undefined, props: undefined });
});

for (const forged of [
  -2,
  -5,
  0,
  1,
  1.5,
  Number.NaN,
  undefined,
  null,
  {},
  '',
  '{',
  '[]',
  '[-1,"shop"]',
  '[-9,"shop"]',
  '[-2,5]',
  '["other","x"]',
  `["exports",${JSON.stringify('x'.repeat(300_000))}]`,
]) {
  test(`serviceAt: refuses ${String(forged).slice(0, 30)}`, () => {
    assert.throws(() => serviceAt(place, forged), { name: 'TypeError', message: 'Invalid service.' });
  });
}

for (const [method, url] of [
  ['GET"', 'http://x/'],
  ['GE T', 'http://x/'],
  ['GET\n', 'http://x/'],
  ['GET', 'http://x/\nevil'],
  ['GET', `http://x/${'y'.repeat(70_000)}`],
  [5, 'http://x/'],
  ['GET', undefined],
]) {
  test(`headOf: refuses ${String(method)} ${String(url).slice(0, 20)}`, () => {
    assert.throws(() => headOf(method, url, ''), { name: 'TypeError' });
  });
}

test('originOf: sixteen workers in a row, and no more', () => {
  const event = (depth: number): EventState => ({ ...(isolate.event(1) as EventState), depth });
  assert.equal(originOf(isolate, event(14)).depth, 14);
  assert.throws(() => originOf(isolate, event(15)), /Subrequest depth limit exceeded/);
});
