import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appsInOnePool, type TestApps, testRecord } from './worker.fixture.ts';
import type { AppVersion } from './version.ts';

const startApps = appsInOnePool();

const SOURCE = 'export default { async fetch(request) { if (request.url.endsWith("slow")) await scheduler.wait(1e6); return new Response("x"); } }';
const SLOW = { head: 'GET\nhttp://test/slow\nhost\ntest' };

function setUp(changes: Parameters<typeof testRecord>[1] = {}): TestApps & { version: AppVersion } {
  const test = startApps({ a: SOURCE });
  test.apps.update([testRecord('a', changes)]);
  const version = test.apps.get('a');
  return version === undefined ? assert.fail() : { ...test, version };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('ready: the least busy worker, none that is condemned', async () => {
  const { version, ask } = setUp();
  assert.equal(version.ready(), undefined);
  await ask('a').over;
  version.grow();
  while (version.workers.length < 2) await turn();
  const [first, second] = version.workers;
  ask('a', SLOW);
  assert.equal(version.ready(), second);
  ask('a', SLOW);
  ask('a', SLOW);
  assert.deepEqual([first?.inFlight, second?.inFlight], [2, 1]);
  second?.condemn('test');
  assert.equal(version.ready(), first);
});

test('grow: up to the most, one at a time, and only where there is one already', async () => {
  const { version, ask } = setUp();
  version.grow();
  assert.equal(version.isEmpty, true);
  await ask('a').over;
  for (let round = 0; round < 6; round++) {
    version.grow();
    version.grow();
    await version.start().catch(() => {});
    await turn();
    if (version.workers.length >= 4) break;
  }
  version.grow();
  await turn();
  assert.equal(version.workers.length, 4);
});

test('evict: the worker goes, the next request starts another', async () => {
  const { version, ask, observer } = setUp();
  await ask('a').over;
  const [worker] = version.workers;
  if (worker !== undefined) version.evict(worker, 'memory');
  assert.equal(worker?.isGone, true);
  assert.equal(version.isEmpty, true);
  const next = ask('a');
  await next.over;
  assert.equal(next.coldStart, true);
  assert.deepEqual(observer.told, ['coldStart', 'eviction memory', 'coldStart']);
});

test('stop: a worker that stalls is taken down with its events', async () => {
  const { version, ask, observer } = setUp();
  const client = ask('a', SLOW);
  while (client.event === undefined) await turn();
  const [worker] = version.workers;
  if (worker !== undefined) version.stop(worker);
  assert.equal(client.failure?.name, 'exceededCpu');
  assert.deepEqual([worker?.isGone, version.isEmpty], [true, true]);
  assert.ok(observer.told.includes('limit cpu'));
});

test('retire: what is in hand has at least the time of a drain, however short waitUntil is', async (t) => {
  const { version, ask } = setUp({ limits: { waitUntilMs: 0 } });
  const client = ask('a', SLOW);
  while (client.event === undefined) await turn();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [worker] = version.workers;
  version.retire();
  t.mock.timers.tick(29_999);
  assert.equal(worker?.isGone, false);
  t.mock.timers.tick(1);
  assert.equal(worker?.isGone, true);
  assert.equal(client.failure?.name, 'internal');
});

test('forgetContentIfIdle: the bundle is read again when somebody asks again', async () => {
  const { version, ask, bundles } = setUp();
  await ask('a').over;
  const [worker] = version.workers;
  if (worker !== undefined) version.evict(worker, 'idle');
  version.forgetContentIfIdle(performance.now() + 1000, 5000);
  const bundle = bundles.get('a');
  bundles.delete('a');
  await ask('a').over;
  if (version.workers[0] !== undefined) version.evict(version.workers[0], 'idle');
  version.forgetContentIfIdle(performance.now() + 6000, 5000);
  const failed = ask('a');
  await failed.over;
  assert.equal(failed.failure?.name, 'internal');
  if (bundle !== undefined) bundles.set('a', bundle);
  const again = ask('a');
  await again.over;
  assert.equal(again.text, 'x');
});
