import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { EngineGroups, type EngineRole } from './engine-groups.ts';
import type { EngineEvents, EngineProcess } from './engine-process.ts';

/** A process that is ready at once, and remembers every table it was told of. */
class Fake {
  readonly role: EngineRole;
  readonly told: (readonly AppRecord[])[];
  readonly #events: EngineEvents;
  state: EngineProcess['state'] = 'booting';
  readonly done: Promise<void>;
  readonly closed = Promise.resolve();
  readonly quiet = Promise.resolve();
  #end: () => void = () => {};

  constructor(role: EngineRole, apps: readonly AppRecord[], events: EngineEvents, fails: boolean) {
    this.role = role;
    this.told = [apps];
    this.#events = events;
    this.done = new Promise((resolve) => {
      this.#end = resolve;
    });
    queueMicrotask(() => {
      if (fails) return this.#exit(1, false);
      this.state = 'ready';
      events.ready(this.process);
    });
  }

  get process(): EngineProcess {
    return this as unknown as EngineProcess;
  }

  async setApps(apps: readonly AppRecord[]): Promise<void> {
    this.told.push(apps);
  }

  listen(): void {
    this.state = 'listening';
    this.#events.listening(this.process, 0);
  }

  starve(): void {
    this.#events.starved?.(this.process);
  }

  drain(): void {
    this.kill();
  }

  kill(): void {
    if (this.state === 'dead') return;
    this.#exit(0, true);
  }

  #exit(code: number, expected: boolean): void {
    this.state = 'dead';
    this.#events.exit(this.process, { code, signal: null, uptimeMs: 1, expected });
    this.#end();
  }
}

/** @param fails processes that end before they are ready @param stuck what was said of it; it is an error where nothing may be said */
const setUp = (
  fails: (role: EngineRole) => boolean = () => false,
  stuck?: unknown[],
): { groups: EngineGroups; started: Fake[]; starved: EngineProcess[]; clock: ManualClock } => {
  const started: Fake[] = [];
  const starved: EngineProcess[] = [];
  const clock = new ManualClock();
  const groups = new EngineGroups({
    clock,
    publicFd: () => 99,
    size: () => ({ count: 1, spares: 1 }),
    fronts: 1,
    launch: (role, apps, events) => {
      const fake = new Fake(role, apps, events, fails(role));
      started.push(fake);
      return fake.process;
    },
    drainMs: () => 0,
    onDeath: () => {},
    onCatastrophe: () => {},
    onStuck: (error) => (stuck === undefined ? assert.fail(String(error)) : void stuck.push(error)),
    onStarved: (engine) => void starved.push(engine),
    onDivided: () => {},
    retry: () => void stuck?.push('again'),
  });
  return { groups, started, starved, clock };
};

const secretive = (name: string, group: string): AppRecord =>
  appRecord(name, { group, vars: { KEY: `secret of ${name}` }, secretNames: ['KEY'], bundleDir: `/bundles/${name}` });
const alpha = secretive('alpha', 'default');
const beta = secretive('beta', 'guests');

test('engines: one group takes the connections itself', async (t) => {
  const { groups, started } = setUp();
  t.after(() => groups.kill());
  await groups.start([alpha]);
  assert.deepEqual([...new Set(started.map(({ role }) => `${role.kind} ${role.fd}`))], ['engine 99']);
  assert.deepEqual([groups.listening, groups.serving('alpha').length, Object.keys(groups.states())], [1, 1, ['default']]);
});

test('engines: no process ever hears of another group, its secrets or its code', async (t) => {
  const { groups, started } = setUp();
  t.after(() => groups.kill());
  await groups.start([alpha]);
  await groups.setApps([alpha, beta]);
  await groups.setApps([alpha, { ...beta, group: 'others' }, secretive('gamma', 'guests')]);
  groups.refresh([alpha, { ...beta, group: 'others', state: 'quarantined' }, secretive('gamma', 'guests')]);
  for (const { role, told } of started) {
    const text = JSON.stringify(told);
    if (role.kind === 'front') assert.doesNotMatch(text, /secret of|bundles/);
    else if (role.group === 'default') assert.doesNotMatch(text, /beta|gamma/);
    else assert.doesNotMatch(text, /alpha/);
    if (role.kind === 'engine' && role.group === 'others') assert.doesNotMatch(text, /gamma/);
    // Whoever is not alone has not the public socket.
    if (role.kind === 'engine') assert.equal(role.fd === 99, !role.isBehindFront);
  }
  assert.deepEqual(Object.keys(groups.states()).sort(), ['', 'default', 'guests', 'others']);
});

test('engines: one process never serves two groups, one after the other', async (t) => {
  const { groups, started } = setUp();
  t.after(() => groups.kill());
  await groups.start([]);
  await groups.setApps([alpha]);
  const before = started.length;
  await groups.setApps([{ ...alpha, group: 'guests' }]);
  for (const { told } of started.slice(0, before)) assert.doesNotMatch(JSON.stringify(told), /guests/);
  assert.equal(groups.serving('alpha').length, 1);
});

test('engines: a group without apps goes', async (t) => {
  const { groups } = setUp();
  t.after(() => groups.kill());
  await groups.start([alpha, beta]);
  await groups.setApps([alpha]);
  assert.deepEqual(Object.keys(groups.states()).sort(), ['', 'default']);
  assert.equal(groups.listening, 1);
  await groups.setApps([alpha, beta]);
  assert.equal(groups.serving('beta').length, 1);
});

const ofApp = (fakes: readonly Fake[], name: string): (string | undefined)[] =>
  fakes.filter(({ state }) => state !== 'dead').map(({ told }) => told.at(-1)?.find((app) => app.name === name)?.aside);

test('engines: apps set aside get one of their own, which is there before anybody passes requests on to it', async (t) => {
  const { groups, started } = setUp();
  t.after(() => groups.kill());
  const gamma = secretive('gamma', 'default');
  await groups.start([alpha, gamma]);
  const direct = started.slice();
  const aside = { ...gamma, aside: groups.asideSocket('default') };
  await groups.setApps([alpha, aside]);
  const [own, ...rest] = started.slice(direct.length);
  assert.deepEqual([own?.role, rest], [{ kind: 'engine', group: 'default', fd: own?.role.fd, isBehindFront: true, standsBack: 'idle' }, []]);
  assert.ok(existsSync(aside.aside));
  for (const { told } of direct) assert.equal(told.length, 2);
  assert.deepEqual([...new Set(ofApp(direct, 'gamma'))], [aside.aside]);
  assert.deepEqual([groups.serving('gamma'), groups.serving('alpha').includes(own?.process as EngineProcess)], [[own?.process], false]);
  assert.equal(groups.listening, 1, 'of those that take connections from outside');
  groups.refresh([{ ...alpha, state: 'quarantined' }, aside]);
  assert.equal(own?.told.at(-1)?.[0]?.state, 'quarantined');
  await groups.setApps([alpha, gamma]);
  await own?.done;
  assert.deepEqual([groups.serving('gamma').length, groups.serving('gamma').includes(own?.process as EngineProcess)], [1, false]);
});

test('engines: the front knows of apps that are set aside, and other groups do not', async (t) => {
  const { groups, started } = setUp();
  t.after(() => groups.kill());
  await groups.start([alpha, beta]);
  const before = started.length;
  await groups.setApps([alpha, { ...beta, aside: groups.asideSocket('guests') }]);
  const front = started.find(({ role }) => role.kind === 'front');
  assert.equal(front?.told.at(-1)?.find(({ name }) => name === 'beta')?.aside, groups.asideSocket('guests'));
  assert.equal(started.length, before + 1);
  assert.doesNotMatch(JSON.stringify(started.at(-1)?.told), /alpha/);
});

test('engines: one for apps set aside that gets no CPU is replaced, once, by one that does not wait for all others', async (t) => {
  const { groups, started, starved } = setUp();
  t.after(() => groups.kill());
  await groups.start([alpha, secretive('gamma', 'default')]);
  const aside = { ...alpha, aside: groups.asideSocket('default') };
  const asides = (): Fake[] => started.filter(({ role }) => role.kind === 'engine' && role.standsBack !== undefined);
  const hows = (): unknown[] => asides().map(({ role, state }) => ['standsBack' in role && role.standsBack, state]);
  await groups.setApps([aside]);
  started[0]?.starve();
  assert.deepEqual([hows(), starved], [[['idle', 'listening']], []], 'what any other says is nothing');
  const [idle] = asides();
  idle?.starve();
  idle?.starve();
  await new Promise(setImmediate);
  assert.deepEqual(hows(), [
    ['idle', 'dead'],
    ['low', 'listening'],
  ]);
  assert.deepEqual(starved, [idle?.process]);
  assert.deepEqual(groups.serving('alpha'), [asides()[1]?.process]);
  asides()[1]?.starve();
  assert.equal(asides().length, 2);
  await groups.setApps([alpha]);
  await groups.setApps([aside]);
  assert.deepEqual(hows().at(-1), ['idle', 'listening'], 'the next time it is tried anew');
});

test('engines: where one for apps set aside does not start, they stay where they are, and it is tried again', async (t) => {
  const stuck: unknown[] = [];
  const { groups, started, clock } = setUp((role) => role.kind === 'engine' && role.standsBack !== undefined, stuck);
  t.after(() => groups.kill());
  await groups.start([alpha]);
  let isOver = false;
  void groups.setApps([{ ...alpha, aside: groups.asideSocket('default') }]).then(() => {
    isOver = true;
  });
  groups.refresh([{ ...alpha, state: 'quarantined', aside: groups.asideSocket('default') }]);
  assert.equal(started[0]?.told.at(-1)?.[0]?.state, 'quarantined');
  const own = started.filter(({ role }) => role.kind === 'engine' && role.standsBack === undefined);
  assert.deepEqual([...new Set(ofApp(own, 'alpha'))], [undefined], 'nor by way of a refresh');
  while (!isOver) {
    clock.advance(1000);
    await new Promise(setImmediate);
  }
  assert.match(String(stuck[0]), /does not start/);
  clock.advance(10_000);
  assert.equal(stuck.at(-1), 'again');
  assert.deepEqual([...new Set(ofApp(started, 'alpha'))], [undefined]);
  assert.equal(groups.serving('alpha').length, 1);
});
