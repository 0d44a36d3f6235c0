import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { httpGet, until } from '../../test/support/http.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { readServerConfig } from '../config/server.ts';
import { readWorkerConfig } from '../config/worker.ts';
import { createLog } from '../observe/log.ts';
import type { AppBuilder } from './app-builder.ts';
import type { Clock } from './clock.ts';
import { Supervisor } from './supervisor.ts';

const FAKE = fileURLToPath(new URL('../../test/support/fake-engine.ts', import.meta.url));

/** A build is the text of the entry file; "broken" is a syntax error. */
class TextBuilder implements AppBuilder {
  readonly #path: string;
  #main = '';

  constructor(path: string) {
    this.#path = path;
  }

  async build(): ReturnType<AppBuilder['build']> {
    const config = readWorkerConfig(this.#path);
    this.#main = config.main;
    const text = readFileSync(config.main, 'utf8');
    if (text === 'broken') throw new Error('Expected ";" but found "broken"');
    return { config, digest: text, warnings: [], write: (dir) => (mkdirSync(dir, { recursive: true }), writeFile(join(dir, 'index.js'), text)) };
  }

  watchFiles(): readonly string[] {
    return [this.#main];
  }

  async dispose(): Promise<void> {}
}

type Lines = { msg: string; level: string; app?: string; [key: string]: unknown }[];
type Setup = {
  supervisor: Supervisor;
  root: string;
  lines: Lines;
  get(app: string, path?: string): Promise<string>;
  admin(path: string): Promise<string>;
  said(message: string | RegExp, app?: string): Promise<void>;
};

type Options = { apps?: Record<string, string>; dev?: boolean; clock?: Clock; single?: boolean; start?: boolean };

async function setUp(t: TestContext, options: Options = {}): Promise<Setup> {
  const dir = mkdtempSync(join(tmpdir(), 'nano-supervisor-'));
  const root = join(dir, 'apps');
  mkdirSync(root);
  for (const [name, text] of Object.entries(options.apps ?? { a: 'one', b: 'one' })) writeApp(root, name, text);
  const lines: Lines = [];
  const config = readServerConfig(undefined, { cwd: dir, overrides: { port: 0, adminPort: 0, host: '127.0.0.1', engines: 1, logLevel: 'debug' } });
  const supervisor = new Supervisor({
    config,
    root: options.single === true ? join(root, 'a') : root,
    single: options.single ?? false,
    dev: options.dev ?? false,
    log: createLog({ level: 'debug', write: (line) => lines.push(JSON.parse(line) as Lines[number]) }),
    openBuilder: (path) => new TextBuilder(path),
    version: '0',
    reread: () => readServerConfig(undefined, { cwd: dir, overrides: { port: 0, adminPort: 0, host: '127.0.0.1', engines: 1 } }),
    watch: true,
    admin: true,
    engineFile: FAKE,
    runtimeFile: FAKE,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  t.after(async () => {
    await supervisor.kill();
    rmSync(dir, { recursive: true });
  });
  await supervisor.start();
  return {
    supervisor,
    root,
    lines,
    get: async (app, path = '/') => (await httpGet(supervisor.ports.port, path, `${app}.localhost`)).replace(/ \d+$/, ''),
    admin: (path) => httpGet(supervisor.ports.adminPort, path, 'localhost'),
    said: (message, app) =>
      until(() =>
        lines.some((line) => (typeof message === 'string' ? line.msg === message : message.test(line.msg)) && (app === undefined || line.app === app)),
      ),
  };
}

function writeApp(root: string, name: string, text: string): void {
  mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, name, 'index.js'), text);
}

/** The version an app has in the table. */
function versionOf({ supervisor }: Setup, name: string): string | undefined {
  return supervisor.apps().find((app) => app.name === name)?.version;
}

test('folder: every app is served, a broken one says 503 and harms nobody', async (t) => {
  const setup = await setUp(t, { apps: { a: 'one', b: 'broken', c: 'one' } });
  assert.equal(await setup.get('a'), `200 a ${versionOf(setup, 'a')}`);
  assert.equal(await setup.get('b'), '503 broken');
  assert.equal(await setup.get('c'), `200 c ${versionOf(setup, 'c')}`);
  assert.equal(await setup.get('d'), '404 no such app');
  const line = setup.lines.find((one) => one.msg === 'the build failed');
  assert.match(String(line?.['frame']), /Expected ";"/);
});

test('watching: an app added, changed, broken, repaired and removed is live as it is', async (t) => {
  const setup = await setUp(t);
  const { root, get, said } = setup;
  writeApp(root, 'c', 'one');
  await said('live', 'c');
  assert.equal(await get('c'), `200 c ${versionOf(setup, 'c')}`);
  const before = versionOf(setup, 'a');
  writeApp(root, 'a', 'two');
  await said('new version live', 'a');
  assert.notEqual(versionOf(setup, 'a'), before);
  writeApp(root, 'a', 'broken');
  await said(/^the build failed; the last good version goes on$/, 'a');
  assert.equal(await get('a'), `200 a ${versionOf(setup, 'a')}`);
  rmSync(join(root, 'b'), { recursive: true });
  await said('removed', 'b');
  await until(() => versionOf(setup, 'b') === undefined);
  await setup.supervisor.reload();
  assert.equal(await get('b'), '404 no such app');
});

test('dev: a save is served by the name of any host', async (t) => {
  const setup = await setUp(t, { dev: true, single: true });
  writeApp(setup.root, 'a', 'two');
  await setup.said('reloaded', 'a');
  assert.equal(await setup.get('whatever'), `200 a ${versionOf(setup, 'a')}`);
});

test('quarantine: two deaths within a minute, released after half a minute', async (t) => {
  const clock = new ManualClock();
  const setup = await setUp(t, { clock });
  const died = (): number => setup.lines.filter((line) => line.msg === 'engine died').length;
  for (let deaths = 1; deaths <= 2; deaths++) {
    await setup.get('a', '/die');
    await until(() => died() === deaths);
    assert.match(await setup.get('b'), /^200 b/);
    clock.advance(500); // lets the next spare start
  }
  assert.equal(await setup.get('a'), '503 quarantined');
  assert.match(await setup.admin('/metrics'), /nano_quarantines_total\{app="a"\} 1/);
  assert.ok(setup.lines.every((line) => line.msg !== 'engine died' || String(line['inFlight']).startsWith('a')));
  clock.advance(30_000);
  await setup.said('released from quarantine', 'a');
  await until(() => setup.supervisor.apps().every((app) => app.state === 'ready'));
  await setup.supervisor.reload();
  assert.match(await setup.get('a'), /^200 a/);
});

test('quarantine: a new version is let in at once', async (t) => {
  const clock = new ManualClock();
  const setup = await setUp(t, { clock });
  for (let deaths = 1; deaths <= 2; deaths++) {
    await setup.get('a', '/die');
    await until(() => setup.lines.filter((line) => line.msg === 'engine died').length === deaths);
    clock.advance(500);
  }
  assert.equal(await setup.get('a'), '503 quarantined');
  writeApp(setup.root, 'a', 'repaired');
  await setup.said('new version live', 'a');
  assert.match(await setup.get('a'), /^200 a/);
});

test('catastrophe: only the app that is named is blamed', async (t) => {
  const setup = await setUp(t);
  const slow = setup.get('b', '/slow');
  void setup.get('a', '/catastrophe');
  await setup.said(/taken a thread/, 'a');
  await until(() => setup.supervisor.isReady());
  assert.match(await setup.get('b'), /^200 b/);
  assert.match(await setup.admin('/metrics'), /nano_engine_restarts_total\{cause="catastrophe"\} 1/);
  void slow;
});

test('admin: ready, apps and metrics of all engines, which do not fall when one dies', async (t) => {
  const setup = await setUp(t);
  assert.equal(await setup.admin('/readyz'), '200 ready\n');
  await setup.get('a');
  const sum = async (): Promise<number> => Number(/nano_requests_total\{app="a"\} (\d+)/.exec(await setup.admin('/metrics'))?.[1]);
  const before = await sum();
  assert.ok(before >= 1);
  await setup.get('a', '/die');
  await setup.said('engine died');
  await setup.get('b');
  assert.ok((await sum()) >= before + 1);
  assert.match(await setup.admin('/metrics'), /nano_apps\{state="ready"\} 2/);
});

test('reload: wrong configuration leaves everything as it was', async (t) => {
  const setup = await setUp(t);
  const file = join(setup.root, '..', 'nano.jsonc');
  writeFileSync(file, '{ "hosts": { "shop.example": "a" } }');
  await setup.supervisor.reload();
  assert.deepEqual(setup.supervisor.apps()[0]?.hosts, ['shop.example']);
  writeFileSync(file, '{ "hosts": 1 }');
  await setup.supervisor.reload();
  assert.deepEqual(setup.supervisor.apps()[0]?.hosts, ['shop.example']);
  assert.ok(setup.lines.some((line) => line.msg === 'the configuration is wrong; the old one goes on'));
});

test('two apps of one name: the first by path is served, the other is reported', async (t) => {
  const setup = await setUp(t);
  writeFileSync(join(setup.root, 'b', 'wrangler.jsonc'), '{ "name": "a", "main": "index.js", "compatibility_date": "2026-01-01" }');
  await setup.said('another app has this name already; this one is not served', 'a');
  await setup.supervisor.reload();
  assert.equal(setup.supervisor.apps().length, 1);
});

test('drain: requests in flight are answered, then nothing is left', async (t) => {
  const setup = await setUp(t);
  const slow = setup.get('a', '/slow');
  await setup.get('a', '/go');
  await setup.get('a', '/go');
  assert.match(await slow, /^200 a/);
  await setup.supervisor.drain();
  assert.equal(await httpGet(setup.supervisor.ports.port, '/', 'a.localhost'), 'ECONNREFUSED');
  assert.deepEqual(readdirSync(join(setup.root, '..', '.nano', 'run')), []);
});

test('starved: the engine of apps that are set aside is replaced on its socket, and no app is blamed; no other engine is', async (t) => {
  const setup = await setUp(t, { clock: new ManualClock() });
  const socket = (): string => setup.supervisor.apps().find(({ name }) => name === 'a')?.aside ?? '';
  const asides = (): unknown[] => setup.lines.filter(({ msg, role }) => msg === 'engine listens' && role === 'aside');
  await setup.get('a', '/starved');
  await setup.get('a', '/restless');
  await until(() => socket() !== '' && asides().length === 1);
  const before = await httpGet(socket(), '/', 'a.localhost');
  assert.equal(await httpGet(socket(), '/starved', 'a.localhost'), before);
  await setup.said(/get no CPU on this machine/);
  await until(() => asides().length === 2);
  const after = await httpGet(socket(), '/', 'a.localhost');
  assert.match(after, /^200 a /);
  assert.notEqual(after, before);
  assert.equal(setup.lines.filter(({ msg }) => /get no CPU on this machine/.test(msg)).length, 1);
  assert.match(await setup.admin('/metrics'), /nano_engine_restarts_total\{cause="catastrophe"\} 0/);
});

test('restless: the app gets an engine of its own for a while; a new version, or one without neighbours, has none', async (t) => {
  const clock = new ManualClock();
  const setup = await setUp(t, { clock });
  const asideOf = (name: string): string | undefined => setup.supervisor.apps().find((app) => app.name === name)?.aside;
  const engines = async (): Promise<string> => String(/nano_engines\{state="listening"[^}]*\} (\d+)/.exec(await setup.admin('/metrics'))?.[1]);
  const before = await engines();
  await setup.get('a', '/restless');
  await setup.get('a', '/restless');
  await setup.said(/it is set aside/, 'a');
  await until(() => asideOf('a') !== undefined && setup.lines.some(({ msg, role }) => msg === 'engine listens' && role === 'aside'));
  assert.equal(asideOf('b'), undefined);
  assert.equal(await engines(), String(Number(before) + 1));
  assert.equal(setup.lines.filter(({ msg }) => /it is set aside/.test(msg)).length, 1);
  clock.advance(300_000);
  await setup.said('no longer set aside', 'a');
  await until(() => asideOf('a') === undefined);
  await setup.get('b', '/restless');
  await until(() => asideOf('b') !== undefined);
  writeApp(setup.root, 'b', 'two');
  clock.advance(1000);
  await until(() => asideOf('b') === undefined);
  rmSync(join(setup.root, 'b'), { recursive: true });
  clock.advance(1000);
  await setup.said('removed', 'b');
  await setup.get('a', '/restless');
  await setup.get('a', '/restless');
  assert.equal(asideOf('a'), undefined, 'nobody is there whom it would disturb');
});
