import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Apps } from './apps.ts';
import { Sites } from './sites.ts';
import { TestClient, testMessage, testRecord } from './worker.fixture.ts';

function setUp() {
  const told: unknown[] = [];
  const versions = new Map<string, { record: ReturnType<typeof testRecord> }>();
  const apps = { get: (name: string) => versions.get(name), fetch: (version: { record: { name: string } }) => told.push(`fetch ${version.record.name}`) };
  const ledger = { begin: (slot: number) => told.push(`begin ${slot}`), end: (slot: number) => told.push(`end ${slot}`) };
  const sites = new Sites(apps as unknown as Apps, ledger);
  return { told, versions, sites };
}

test('find: the app of the route, the same site every time', () => {
  const { versions, sites } = setUp();
  assert.equal(sites.find('a.test', '/'), undefined);
  sites.setRoute((host) => host.split('.')[0]);
  assert.equal(sites.find('a.test', '/'), undefined);
  versions.set('a', { record: testRecord('a', { version: 'v7', limits: { requestBodyBytes: 77 } }) });
  const site = sites.find('a.test', '/');
  assert.deepEqual([site?.app, site?.version, site?.requestBodyBytes, site?.refusal], ['a', 'v7', 77, undefined]);
  assert.equal(sites.find('a.test', '/'), site);
});

test('refusal: says why an app is not served', () => {
  const { versions, sites } = setUp();
  sites.setRoute(() => 'a');
  versions.set('a', { record: testRecord('a', { state: 'broken', reason: 'syntax' }) });
  assert.deepEqual(sites.find('x', '/')?.refusal, { name: 'appBroken', reason: 'syntax' });
  versions.set('a', { record: testRecord('a', { state: 'quarantined' }) });
  assert.deepEqual(sites.find('x', '/')?.refusal, { name: 'appQuarantined', reason: 'the app is quarantined' });
});

test('begin, finish: mark the slot of the app in the ledger', () => {
  const { told, versions, sites } = setUp();
  sites.setRoute(() => 'a');
  versions.set('a', { record: testRecord('a', { slot: 3 }) });
  const site = sites.find('x', '/');
  site?.begin();
  site?.fetch(testMessage(), new TestClient());
  site?.finish();
  assert.deepEqual(told, ['begin 3', 'fetch a', 'end 3']);
});
