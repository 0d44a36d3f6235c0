import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { appRecord } from '../../test/support/app-record.ts';
import { httpGet, until } from '../../test/support/http.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { systemClock } from './clock.ts';
import { engineEnv, engineExecArgv } from './engine-launch.ts';
import { EngineProcess } from './engine-process.ts';
import { type EngineDeath, Engines } from './engines.ts';
import { createLedger, readInFlight } from './ledger.ts';
import { bindListener } from './listen-socket.ts';
import { StartError } from './start-error.ts';

const FAKE = fileURLToPath(new URL('../../test/support/fake-engine.ts', import.meta.url));

type Setup = { engines: Engines; port: number; deaths: (EngineDeath & { slots: number[] })[]; catastrophes: string[] };

async function setUp(t: TestContext, options: { count?: number; spares?: number; apps?: AppRecord[]; file?: string } = {}): Promise<Setup> {
  const dataDir = mkdtempSync(join(tmpdir(), 'nano-engines-'));
  mkdirSync(join(dataDir, 'run'));
  const listener = await bindListener('127.0.0.1', 0, '--port');
  const setup: Setup = { port: listener.port, deaths: [], catastrophes: [], engines: undefined as unknown as Engines };
  let serial = 0;
  setup.engines = new Engines({
    count: options.count ?? 1,
    spares: options.spares ?? 1,
    clock: systemClock,
    launch: (apps, events) => {
      const ledgerFile = join(dataDir, 'run', `ledger-${++serial}`);
      createLedger(ledgerFile);
      const config = {
        port: listener.port,
        host: '127.0.0.1',
        dataDir,
        dev: false,
        logLevel: 'warn',
        isolateBudgetMb: 1,
        spareIsolates: 0,
        residentLimitMb: 4096,
        hotBlobMb: 64,
        trustedProxies: [],
        urlBytes: 1,
        headerBytes: 1,
        forbidden: [],
        http2: false,
        ledgerFile,
        stores: { socket: '', sql: '', badge: '', dir: '', fsync: 'full' as const },
        runtimeFile: '',
        headMs: 1,
        idleMs: 1,
      };
      return new EngineProcess(
        { file: options.file ?? FAKE, execArgv: engineExecArgv(dataDir), env: engineEnv({ SECRET: 'x' }), listenFd: listener.fd, config, apps },
        events,
      );
    },
    onDeath: (death) => setup.deaths.push({ ...death, slots: readInFlight(death.engine.ledgerFile) }),
    onCatastrophe: (_engine, app) => setup.catastrophes.push(app),
  });
  t.after(async () => {
    await setup.engines.kill();
    listener.close();
    rmSync(dataDir, { recursive: true });
  });
  if (options.file === undefined) await setup.engines.start(options.apps ?? [appRecord('a'), appRecord('b', { slot: 1 })]);
  return setup;
}

function get(port: number, path: string, app = 'a'): Promise<string> {
  return httpGet(port, path, `${app}.localhost`);
}

test('an engine that hears of nothing any more is killed, and the spare takes over', async (t) => {
  const { engines, port, deaths } = await setUp(t);
  await until(() => engines.ready === 1);
  const first = engines.serving[0] as EngineProcess;
  assert.equal(await get(port, '/hang'), 'ECONNRESET');
  await until(() => deaths.length === 1);
  assert.deepEqual(
    deaths.map(({ engine, signal, expected, silentSeconds, slots }) => [engine.pid, signal, expected, silentSeconds, slots]),
    [[first.pid, 'SIGKILL', false, 5, [0]]],
  );
  assert.match(await get(port, '/'), /^200 a v1 /);
});

test('kill -9 under load: no connection is refused, the spare takes over', async (t) => {
  const { engines, port, deaths } = await setUp(t);
  await until(() => engines.ready === 1);
  const first = engines.alive.find((engine) => engine.state === 'listening') as EngineProcess;
  const seen = new Map<string, number>();
  let stop = false;
  let served = 0;
  const load = Array.from({ length: 8 }, async () => {
    while (!stop) {
      const answer = (await get(port, '/')).replace(/\d+$/, '#');
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
      served++;
    }
  });
  await until(() => served > 100);
  process.kill(first.pid, 'SIGKILL');
  await until(() => deaths.length === 1);
  const before = served;
  await until(() => served > before + 100 && engines.listening === 1);
  stop = true;
  await Promise.all(load);
  assert.equal(seen.get('ECONNREFUSED'), undefined);
  assert.ok([...seen].filter(([answer]) => answer !== '200 a v1 #').reduce((sum, [, times]) => sum + times, 0) <= 8, JSON.stringify([...seen]));
  await until(() => engines.ready === 1);
});

test('no engine left: a connection waits for the next one', async (t) => {
  const { engines, port, deaths } = await setUp(t, { spares: 0 });
  process.kill((engines.alive[0] as EngineProcess).pid, 'SIGKILL');
  await until(() => deaths.length === 1);
  assert.match(await get(port, '/'), /^200 a v1 /);
});

test('death: the ledger names the apps in flight, and no others', async (t) => {
  const { engines, deaths, port } = await setUp(t, { apps: ['a', 'b', 'c'].map((name, slot) => appRecord(name, { slot })) });
  const first = engines.alive[0] as EngineProcess;
  await get(port, '/', 'c');
  const slow = get(port, '/slow', 'a');
  await until(() => String(readInFlight(first.ledgerFile)) === '0');
  assert.match(await get(port, '/die', 'b'), /ECONNRESET|socket hang up/);
  await slow;
  await until(() => deaths.length === 1);
  assert.deepEqual(
    deaths.map((death) => death.slots),
    [[0, 1]],
  );
});

test('catastrophe: the app is named, a spare takes over, requests in flight finish', async (t) => {
  const { engines, port, catastrophes } = await setUp(t);
  await until(() => engines.ready === 1);
  const first = engines.alive.find((engine) => engine.state === 'listening');
  void get(port, '/catastrophe', 'b');
  await until(() => catastrophes.length === 1);
  assert.deepEqual(catastrophes, ['b']);
  assert.equal(first?.state, 'leaving');
  await until(() => engines.listening === 1);
});

test('setApps: resolves when every engine answers by the new table', async (t) => {
  const { engines, port } = await setUp(t, { count: 2 });
  await engines.setApps([appRecord('a', { version: 'v2' })]);
  for (let i = 0; i < 10; i++) assert.match(await get(port, '/'), /^200 a v2 /);
  assert.match(await get(port, '/', 'b'), /^404/);
});

test('drain: the request in flight is answered, then the engines are gone', async (t) => {
  const { engines, port } = await setUp(t);
  const slow = get(port, '/slow');
  await until(() => engines.ready === 1);
  void get(port, '/go');
  const [answer] = await Promise.all([slow, slow.then(() => engines.drain(5000))]);
  assert.match(answer, /^200 a v1/);
  assert.deepEqual(engines.alive, []);
});

test('engine process: no children, no foreign files, no inherited environment', async (t) => {
  const { port } = await setUp(t, { spares: 0 });
  assert.equal(await get(port, '/forbidden'), '200 ERR_ACCESS_DENIED ERR_ACCESS_DENIED ERR_ACCESS_DENIED');
  assert.equal((await get(port, '/env')).includes('SECRET'), false);
});

test('start: an engine that cannot run is an error, not an endless loop', async (t) => {
  const { engines } = await setUp(t, { file: '/nonexistent/engine.js', spares: 0 });
  await assert.rejects(engines.start([]), /does not start: it ended with exit code 1/);
});

test('bindListener: a port in use is explained', async (t) => {
  const { port } = await setUp(t, { spares: 0 });
  await assert.rejects(
    bindListener('127.0.0.1', port, '--port'),
    (error) => error instanceof StartError && error.message === `port ${port} is in use on 127.0.0.1: stop what uses it, or choose another with --port`,
  );
});
