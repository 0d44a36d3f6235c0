import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ServiceBinding } from '../bindings/service/index.ts';
import type { IsolatePool } from '../isolate/pool.ts';
import type { RequestRecord } from '../ports/observer.ts';
import { Services } from './services.ts';
import { RecordingObserver, type TestApps, type TestClient, testApps, testMessage, testPool, testRecord } from './worker.fixture.ts';

const CALLER = `
const cases = {
  circle: async (env) => { const stub = await env.CALLEE.circle((x) => x); return stub.call(5); },
  add: (env) => env.CALLEE.add(1, 2),
  fetch: async (env) => (await env.CALLEE.fetch('http://callee.example/path?query')).text(),
  wait: (env) => env.CALLEE.wait(),
  nobody: (env) => env.NOBODY.fetch('http://x/'),
};
export default { async fetch(request, env) {
  try { return new Response(String(await cases[new URL(request.url).pathname.slice(1)](env))); }
  catch (error) { return new Response(error.message); }
} };`;
const CALLEE = `import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  fetch() { return new Response('fetched'); }
  add(a, b) { return a + b; }
  circle(given) {
    const kept = given.dup();
    return new (class extends RpcTarget { call(x) { return kept(x * 2); } })();
  }
  async wait() { console.log('waiting'); await new Promise((resolve) => setTimeout(resolve, 60_000)); }
}`;

class Requests extends RecordingObserver {
  readonly records: RequestRecord[] = [];
  onLine: (() => void) | undefined;
  override request(record: RequestRecord): void {
    this.records.push(record);
  }
  override console(record: { text: string }): void {
    super.console(record);
    this.onLine?.();
  }
}

suite('services', () => {
  let pool: IsolatePool;
  let all: TestApps;
  const observer = new Requests();
  const ledger: string[] = [];
  before(async () => {
    pool = await testPool(2);
    let services: Services;
    all = testApps(
      pool,
      { caller: CALLER, callee: CALLEE },
      {
        observer,
        bindings: (record) => record.bindings.map(({ options }) => new ServiceBinding(options)),
        invoker: { fetch: (...args) => services.fetch(...args), open: (...args) => services.open(...args) },
      },
    );
    services = new Services(all.apps, { begin: (slot) => ledger.push(`begin ${slot}`), end: (slot) => ledger.push(`end ${slot}`) }, observer);
    const bindings = [
      { name: 'CALLEE', type: 'service' as const, options: { service: 'callee' } },
      { name: 'NOBODY', type: 'service' as const, options: { service: 'nobody' } },
    ];
    all.apps.update([testRecord('caller', { bindings }), testRecord('callee', { slot: 7 })]);
  });
  after(() => {
    all.apps.dispose();
    pool.close();
  });
  const ask = (path: string): TestClient => all.ask('caller', testMessage({ requestId: 'outer', head: `GET\nhttp://caller/${path}\nhost\ncaller` }));
  const inFlight = (): number[] => [...all.apps.versions()].flatMap(({ workers }) => workers.map((worker) => worker.inFlight));
  const calm = async (): Promise<void> => {
    while (inFlight().some((count) => count > 0)) await new Promise((resolve) => setImmediate(resolve));
  };

  test('open: two events that hold something of each other both end', async () => {
    const client = ask('circle');
    await client.over;
    assert.equal(client.text, '10');
    await calm();
    assert.deepEqual(
      [...all.apps.versions()].flatMap(({ workers }) => workers.map(({ handles }) => handles.size)),
      [0, 0],
    );
  });

  test('open: marks the callee in the ledger, and names the caller in the log', async () => {
    ledger.length = 0;
    observer.records.length = 0;
    await ask('add').over;
    await calm();
    assert.deepEqual(ledger, ['begin 7', 'end 7']);
    const [{ app, parent, requestId = '', method, path, status, outcome } = {}] = observer.records;
    assert.deepEqual(
      { app, parent, method, path, status, outcome },
      { app: 'callee', parent: 'outer', method: 'RPC', path: 'add', status: 200, outcome: 'ok' },
    );
    assert.match(requestId, /^outer\.\w+$/);
  });

  test('fetch: the same of a request', async () => {
    ledger.length = 0;
    observer.records.length = 0;
    const client = ask('fetch');
    await client.over;
    assert.equal(client.text, 'fetched');
    await calm();
    assert.deepEqual(ledger, ['begin 7', 'end 7']);
    const [{ parent, method, host, path, status } = {}] = observer.records;
    assert.deepEqual({ parent, method, host, path, status }, { parent: 'outer', method: 'GET', host: 'callee.example', path: '/path', status: 200 });
  });

  test('open: the callee ends when the caller’s client goes away', async () => {
    observer.records.length = 0;
    const waiting = new Promise<void>((resolve) => {
      observer.onLine = resolve;
    });
    const client = ask('wait');
    await waiting;
    client.event?.clientGone();
    await calm();
    assert.equal(observer.records[0]?.outcome, 'clientClosed');
  });

  test('fetch: a service that is not there is an error of the call', async () => {
    const client = ask('nobody');
    await client.over;
    assert.match(client.text, /^Could not find the service "nobody"/);
  });
});
