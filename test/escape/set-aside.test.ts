/** An app that runs into its limits again and again goes on in an engine of its own, behind everybody else, and is the same app there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { before, suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { type LogLine, suiteOwner } from '../support/nano-process.ts';
import { processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const RESTLESS = `let name;
export default { async fetch(request, { KV }) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/loop') for (;;);
  if (pathname === '/put') return new Response(await KV.put('key', searchParams.get('value')));
  if (pathname === '/get') return new Response(await KV.get('key'));
  if (pathname === '/echo') return new Response(request.body, { headers: { 'content-type': request.headers.get('content-type') } });
  if (pathname === '/client') return new Response([request.url, request.headers.get('cf-connecting-ip'), request.headers.get('x-mine')].join());
  if (pathname === '/socket') {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('message', ({ data }) => server.send('heard ' + data));
    return new Response(null, { status: 101, webSocket: client });
  }
  return new Response((name ??= crypto.randomUUID()));
} };
`;
const SCHED_IDLE = '5';

/** Whether threads of a process run only when no other wants to. */
function hasIdleThreads(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).some((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38] === SCHED_IDLE;
  });
}

suite('an app that runs into its limits again and again', () => {
  const owner = suiteOwner();
  let server: TestServer;
  let firstName: string;
  before(async () => {
    const dir = folder({
      'restless/index.js': RESTLESS,
      'restless/wrangler.jsonc':
        '{ "name": "restless", "main": "index.js", "compatibility_date": "2026-10-01", "limits": { "cpu_ms": 100 }, "kv_namespaces": [{ "binding": "KV", "id": "kv" }] }',
      'neighbour.js': answering('fine'),
    });
    server = await serve(owner, dir, ['--log-level', 'debug']);
    await server.get('restless', '/put?value=before');
    firstName = (await server.get('restless')).text;
  });

  test('is set aside, and its neighbour has its answers meanwhile', async (t) => {
    const engines = processesOf(server, 'engine');
    const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1 });
    const answers = new Set<string>();
    let own: LogLine | undefined;
    const isAside = server.line({ msg: 'engine listens', role: 'aside' }).then((line) => {
      own = line;
    });
    const loop = async (): Promise<void> => void answers.add((await server.get('restless', '/loop')).text);
    while (own === undefined) await Promise.race([loop(), isAside]);
    assert.deepEqual([...answers], ['error code: 1102']);
    const { pid } = own;
    const { errors, answers: heard } = await neighbour.stop();
    assert.deepEqual([errors, [...heard.keys()]], [[], ['200 fine']]);
    const added = processesOf(server, 'engine').filter((one) => !engines.includes(one));
    assert.deepEqual(added, [pid]);
    if (platform() === 'linux') assert.ok(hasIdleThreads(Number(pid)));
    for (const one of engines) assert.equal(hasIdleThreads(one), false);
  });

  test('is answered there as before: stores, bodies, the client’s address', async () => {
    assert.equal((await server.getPatiently('restless', '/get')).text, 'before');
    await server.getPatiently('restless', '/put?value=after');
    assert.equal((await server.getPatiently('restless', '/get')).text, 'after');
    const body = 'x'.repeat(1_000_000);
    const echo = await server.getPatiently('restless', '/echo', { method: 'POST', body, headers: { 'content-type': 'text/mine' } });
    assert.deepEqual([echo.text === body, echo.headers['content-type']], [true, 'text/mine']);
    const { text } = await server.getPatiently('restless', '/client', { headers: { 'x-mine': 'so it is', 'cf-connecting-ip': '8.8.8.8' } });
    assert.equal(text, 'http://restless.localhost/client,8.8.8.8,so it is');
  });

  test('opens WebSockets there, also right after requests', async () => {
    for (let round = 0; round < 20; round++) {
      await Promise.all([server.getPatiently('restless', '/client'), server.getPatiently('restless', '/client')]);
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket`, { headers: { host: 'restless.localhost' } });
      const heard = new Promise((resolve, reject) => {
        socket.once('message', (data) => resolve(String(data))).once('error', reject);
        socket.once('open', () => socket.send('this'));
      });
      assert.equal(await heard, 'heard this');
      socket.close();
    }
  });

  test('has another isolate there, whose loops end as they did', async () => {
    const name = (await server.getPatiently('restless')).text;
    assert.notEqual(name, firstName);
    let next = name;
    // Where it had a lot to do there is more than one.
    while (next === name) {
      assert.equal((await server.getPatiently('restless', '/loop')).text, 'error code: 1102');
      next = (await server.getPatiently('restless')).text;
    }
    assert.equal(next.length, name.length);
  });

  test('is counted as one app', async () => {
    const { name, state, setAside } = JSON.parse((await server.admin('/apps/restless')).text) as { name: string; state: string; setAside: boolean };
    assert.deepEqual([name, state, setAside], ['restless', 'ready', true]);
    const usage = JSON.parse((await server.admin('/apps/restless/usage')).text) as { limitHits: Record<string, number> };
    assert.ok(Number(usage.limitHits['cpu']) >= 9, JSON.stringify(usage));
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });
});
