import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DispatchBinding } from '../bindings/dispatch/index.ts';
import { ServiceBinding } from '../bindings/service/index.ts';
import type { Egress } from '../ports/egress.ts';
import { OWN_EXPORT } from '../protocol/rpc.ts';
import { TestIsolate } from './egress/fixture.ts';
import { headOf, originOf, serviceAt } from './service-target.ts';
import type { EventState } from './op.ts';

const isolate = new TestIsolate({} as Egress);
isolate.bindings = [new ServiceBinding({ service: 'other', entrypoint: 'Named', props: { a: 1 } }), new DispatchBinding({ namespace: 'customers' })];

test('serviceAt: a binding by its number', () => {
  assert.deepEqual(serviceAt(isolate, -1), { app: 'other', entrypoint: 'Named', props: { text: '{"a":1}', services: [] } });
});

test('serviceAt: an app of a dispatch namespace, with limits', () => {
  const { app, namespace, limits } = serviceAt(isolate, JSON.stringify([-2, 'shop', 50, null]));
  assert.deepEqual({ app, namespace, limits }, { app: 'shop', namespace: 'customers', limits: { cpuMs: 50, subrequests: Number.POSITIVE_INFINITY } });
});

test('serviceAt: an entrypoint of the app itself', () => {
  assert.deepEqual(serviceAt(isolate, JSON.stringify([OWN_EXPORT, 'Named', '{"a":1}', -1])), {
    app: 'tested',
    entrypoint: 'Named',
    props: { text: '{"a":1}', services: [serviceAt(isolate, -1)] },
  });
  assert.throws(() => serviceAt(isolate, JSON.stringify([OWN_EXPORT, 'Named', { a: 1 }])), /Invalid service/);
  assert.throws(() => serviceAt(isolate, JSON.stringify([OWN_EXPORT, 'Named', '{}', 7])), /Invalid service/);
  assert.deepEqual(serviceAt(isolate, JSON.stringify([OWN_EXPORT, 'default'])), { app: 'tested', entrypoint: undefined, props: undefined });
});

for (const forged of [
  -2,
  -3,
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
    assert.throws(() => serviceAt(isolate, forged), { name: 'TypeError', message: 'Invalid service.' });
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
