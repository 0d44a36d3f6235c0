import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Realm } from '../isolate/realm.ts';
import type { Bundle } from '../protocol/bundle.ts';
import type { AppVersion } from './version.ts';
import type { Worker } from './worker.ts';
import { appsInOnePool, testBundle, testRecord } from './worker.fixture.ts';

const startApps = appsInOnePool();

const answer = (text: string): string => `export default { async fetch() { return new Response(${JSON.stringify(text)}); } }`;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('fetch: requests that come while an app starts share the start', async () => {
  const { apps, observer, ask } = startApps({ a: 'let n = 0; export default { fetch() { return new Response(String(++n)); } }' });
  apps.update([testRecord('a')]);
  const clients = Array.from({ length: 5 }, () => ask('a'));
  await Promise.all(clients.map((client) => client.over));
  assert.deepEqual(clients.map((client) => client.text).sort(), ['1', '2', '3', '4', '5']);
  assert.deepEqual(observer.told, ['coldStart']);
  const warm = ask('a');
  await warm.over;
  assert.deepEqual([warm.text, warm.coldStart, clients[0]?.coldStart], ['6', false, true]);
});

test('update: new requests go to the new version, the old one finishes what it has', async () => {
  const { apps, ask } = startApps({ one: 'export default { async fetch() { await scheduler.wait(60); return new Response("old"); } }', two: answer('new') });
  apps.update([testRecord('a', { bundleDir: 'one' })]);
  const first = ask('a');
  while (first.event === undefined) await turn();
  const old = apps.get('a');
  apps.update([testRecord('a', { version: 'v2', bundleDir: 'two' })]);
  const second = ask('a');
  await second.over;
  assert.equal(second.text, 'new');
  assert.deepEqual(first.calls, []);
  assert.equal(apps.inFlight, 1);
  await first.over;
  assert.equal(first.text, 'old');
  while (apps.inFlight > 0) await turn();
  assert.equal(old?.isEmpty, true);
  apps.settle();
  assert.deepEqual([...apps.versions()], [apps.get('a')]);
});

test('update: requests that wait for a version that is replaced while it starts are answered', async () => {
  const reading = Promise.withResolvers<void>();
  const { apps, bundles, ask } = startApps({ one: answer('old'), two: answer('new') });
  const slow = startApps(
    {},
    {
      readBundle: async (dir) => {
        if (dir === 'one') await reading.promise;
        return bundles.get(dir) as Bundle;
      },
    },
  );
  slow.apps.update([testRecord('a', { bundleDir: 'one' })]);
  const client = slow.ask('a');
  const version = slow.apps.get('a');
  await turn();
  slow.apps.update([testRecord('a', { version: 'v2', bundleDir: 'two' })]);
  slow.apps.settle();
  assert.deepEqual([...slow.apps.versions()], [version], 'a version that is starting is not lost sight of');
  reading.resolve();
  await client.over;
  assert.equal(client.text, 'old');
  while (version?.isEmpty !== true) await turn();
  slow.apps.settle();
  assert.deepEqual([...slow.apps.versions()], []);
  apps.update([testRecord('a', { bundleDir: 'one' })]);
  await ask('a').over;
});

test('update: an unchanged record keeps its worker, a changed limit does not', async () => {
  const { apps, ask } = startApps({ a: answer('x') });
  apps.update([testRecord('a')]);
  await ask('a').over;
  const version = apps.get('a');
  apps.update([testRecord('a', { state: 'quarantined', reason: 'why' })]);
  assert.equal(apps.get('a'), version);
  assert.equal(version?.record.reason, 'why');
  apps.update([testRecord('a')]);
  assert.equal(version?.record.reason, undefined);
  apps.update([testRecord('a', { limits: { cpuMs: 7 } })]);
  assert.notEqual(apps.get('a'), version);
  assert.equal(version?.isEmpty, true);
});

test('update: an app that is gone takes its idle worker along', async () => {
  const { apps, ask } = startApps({ a: answer('x') });
  apps.update([testRecord('a')]);
  await ask('a').over;
  const worker = apps.get('a')?.workers[0];
  apps.update([]);
  assert.equal(worker?.isGone, true);
  assert.equal(apps.get('a'), undefined);
  apps.settle();
  assert.deepEqual([...apps.versions()], []);
});

test('versions: apps that nobody asks for are none, nor are those whose worker and code have gone', async () => {
  const { apps, ask } = startApps({ a: answer('x') });
  apps.update([testRecord('a'), testRecord('b', { bundleDir: 'a' })]);
  assert.deepEqual([...apps.versions()], []);
  await ask('a').over;
  const version = apps.get('a') as AppVersion;
  version.evict(version.workers[0] as Worker, 'idle');
  apps.settle();
  assert.deepEqual([...apps.versions()], [version], 'its code is there');
  version.forgetContentIfIdle(performance.now() + 1000, 0);
  apps.settle();
  assert.deepEqual([...apps.versions()], []);
  const again = ask('a');
  await again.over;
  assert.deepEqual([again.text, [...apps.versions()]], ['x', [version]]);
});

test('dispose: what is starting does not outlive it', async () => {
  const { apps, ask } = startApps({ a: answer('x') });
  apps.update([testRecord('a')]);
  const version = apps.get('a');
  const client = ask('a');
  apps.dispose();
  await client.over;
  assert.equal(client.failure?.name, 'internal');
  assert.equal(version?.isEmpty, true);
});

test('fetch: a start that fails is told, and not tried again at once', async () => {
  const { apps, bundles, observer, ask } = startApps({ a: 'throw new TypeError("broken")' });
  apps.update([testRecord('a')]);
  const clients = [ask('a'), ask('a')];
  await Promise.all(clients.map((client) => client.over));
  const late = ask('a');
  await late.over;
  for (const client of [...clients, late]) {
    assert.equal(client.failure?.name, 'startup');
    assert.equal(client.failure?.error.message, 'broken');
  }
  assert.ok(observer.told.length <= 2);
  bundles.set('b', testBundle({ 'index.js': answer('mended') }));
  apps.update([testRecord('a', { version: 'v2', bundleDir: 'b' })]);
  const mended = ask('a');
  await mended.over;
  assert.equal(mended.text, 'mended');
});

test("fetch: a bundle that cannot be read is the platform's failure", async () => {
  const { apps, ask } = startApps({});
  apps.update([testRecord('a')]);
  const client = ask('a');
  await client.over;
  assert.equal(client.failure?.name, 'internal');
  assert.equal(apps.get('a')?.isEmpty, true);
});

for (const [what, source] of [
  ['a loop at the top level', 'for (;;);'],
  ['a loop in microtasks of the top level', '(function again() { Promise.resolve().then(again); })(); export default {}'],
] as const) {
  test(`start: ${what} is stopped`, async () => {
    const { apps, observer, ask } = startApps({ a: source });
    apps.update([testRecord('a', { limits: { startupMs: 60 } })]);
    const client = ask('a');
    await client.over;
    assert.equal(client.failure?.name, 'exceededCpu');
    assert.deepEqual(observer.told.slice(1), ['limit startup']);
  });
}

test('start: memory that runs out is told', async () => {
  const { apps, ask } = startApps({ a: 'const kept = []; for (;;) kept.push(new Array(10000).fill(1));' });
  apps.update([testRecord('a', { limits: { memoryMb: 16 } })]);
  const client = ask('a');
  await client.over;
  assert.equal(client.failure?.name, 'exceededMemory');
});

test('start: top-level await is awaited as far as it settles by itself', async () => {
  const { apps, ask } = startApps({
    good: 'await null; export default { fetch() { return new Response("awaited"); } }',
    bad: 'await new Promise(() => {}); export default {}',
  });
  apps.update([testRecord('good'), testRecord('bad')]);
  const [good, bad] = [ask('good'), ask('bad')];
  await Promise.all([good.over, bad.over]);
  assert.equal(good.text, 'awaited');
  assert.equal(bad.failure?.error.message, 'Top-level await in module is unsettled.');
});

test('isolation per request: every request has a context of its own, which goes with it', async () => {
  const { apps, ask } = startApps({ a: 'let n = 0; export default { async fetch() { await scheduler.wait(1); return new Response(String(++n)); } }' });
  apps.update([testRecord('a', { isolation: 'request' })]);
  const clients = Array.from({ length: 4 }, () => ask('a'));
  await Promise.all(clients.map((client) => client.over));
  assert.deepEqual(
    clients.map((client) => client.text),
    ['1', '1', '1', '1'],
  );
  while (apps.inFlight > 0) await turn();
  assert.equal(apps.get('a')?.isEmpty, true);
});

test('isolation per request: a loop does not take the next request along', async () => {
  const { apps, ask } = startApps({ a: 'export default { async fetch(request) { if (request.url.endsWith("loop")) for (;;); return new Response("x"); } }' });
  apps.update([testRecord('a', { isolation: 'request', limits: { cpuMs: 60 } })]);
  const loop = ask('a', { head: 'GET\nhttp://test/loop\nhost\ntest' });
  await loop.over;
  assert.equal(loop.failure?.name, 'exceededCpu');
  const next = ask('a');
  await next.over;
  assert.equal(next.text, 'x');
});

test('isolation per request: a loop at the top level does not spoil the isolate for others', async () => {
  const { apps, ask } = startApps({ a: 'for (;;);' });
  apps.update([testRecord('a', { isolation: 'request', limits: { startupMs: 60 } })]);
  const clients = [ask('a'), ask('a')];
  await Promise.all(clients.map((client) => client.over));
  for (const client of clients) assert.equal(client.failure?.name, 'exceededCpu');
  assert.equal(apps.get('a')?.isEmpty, true);
});

test('import: modules of the app, also several at once that share a third', async () => {
  const meta = { usesMeta: true, type: 'esm' } as const;
  const bundle = testBundle({
    'index.js': {
      ...meta,
      content:
        'export default { async fetch() { const all = await Promise.all([load("./a.js"), load("./b.js"), load("./a.js")]); return new Response(all.map((m) => m.default).join()); } };import{dynamicImport as load}from"nano:meta";',
    },
    'a.js': 'import s from "./shared.js"; export default "a" + s;',
    'b.js': 'import s from "./shared.js"; export default "b" + s;',
    'shared.js': 'export default "!";',
  });
  const { apps, ask } = startApps({ a: bundle });
  apps.update([testRecord('a')]);
  const client = ask('a');
  await client.over;
  assert.equal(client.failure?.error.message, undefined);
  assert.equal(client.text, 'a!,b!,a!');
});

test("import: a loop in an imported module counts as the event's", async () => {
  const bundle = testBundle({
    'index.js': {
      usesMeta: true,
      type: 'esm',
      content: 'export default { async fetch() { await load("./loop.js"); } };import{dynamicImport as load}from"nano:meta";',
    },
    'loop.js': 'for (;;);',
  });
  const { apps, ask } = startApps({ a: bundle });
  apps.update([testRecord('a', { limits: { startupMs: 60 } })]);
  const client = ask('a');
  await client.over;
  assert.equal(client.failure?.name, 'exceededCpu');
  while (apps.inFlight > 0) await turn();
  assert.equal(apps.get('a')?.isEmpty, true);
});

test('inFlight: counts over all apps and versions', async () => {
  const { apps, ask } = startApps({ a: 'export default { async fetch() { await scheduler.wait(1e6); } }' });
  apps.update([testRecord('a')]);
  const client = ask('a');
  while (client.event === undefined) await turn();
  apps.update([testRecord('a', { version: 'v2' })]);
  assert.equal(apps.inFlight, 1);
  client.event.clientGone();
  assert.equal(apps.inFlight, 0);
  const version = apps.get('a');
  assert.equal(version?.workers.length, 0);
});

test('limits: an app that loses isolates again and again gets none for a while, and says so in the log', async () => {
  // Time stands still, and nothing is forgiven, however long the loops take on a busy machine.
  const test = startApps({ a: 'export default { fetch() { for (;;); } };', b: 'export default { fetch: () => new Response("fine") };' }, {}, () => 0);
  test.apps.update([testRecord('a', { limits: { cpuMs: 1 } }), testRecord('b')]);
  let asked = 0;
  for (let started = true; started && asked < 100; asked++) {
    const client = test.ask('a');
    await client.over;
    assert.equal(client.failure?.name, 'exceededCpu');
    started = client.coldStart === true;
  }
  assert.equal(asked, 52);
  assert.ok(test.observer.told.some((line) => line.includes('comes after a pause')));
  const other = test.ask('b');
  await other.over;
  assert.equal(other.text, 'fine');
});

test('start: one that is given no CPU is tried again with more time, and is not held against its app', async (t) => {
  const { apps, observer, ask } = startApps({ a: 'for (;;);' });
  apps.update([testRecord('a', { limits: { startupMs: 60 } })]);
  // As if the isolate's thread had waited for a processor all the time.
  const clock = t.mock.getter(Realm.prototype, 'cpuTime', () => 0n);
  const asked = performance.now();
  const client = ask('a');
  await client.over;
  assert.equal(client.failure?.name, 'tooBusy');
  assert.ok(performance.now() - asked > 1000, 'the second try had more than a second more');
  assert.deepEqual(observer.told, ['warn a start was given up: the machine is too busy']);
  clock.mock.restore();
  const next = ask('a');
  await next.over;
  assert.equal(next.failure?.name, 'exceededCpu');
});
