import assert from 'node:assert/strict';
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
  readonly quiet = Promise.resolve();
  #end: () => void = () => {};

  constructor(role: EngineRole, apps: readonly AppRecord[], events: EngineEvents) {
    this.role = role;
    this.told = [apps];
    this.#events = events;
    this.done = new Promise((resolve) => {
      this.#end = resolve;
    });
    queueMicrotask(() => {
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

  drain(): void {
    this.kill();
  }

  kill(): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    this.#events.exit(this.process, { code: 0, signal: null, uptimeMs: 1, expected: true });
    this.#end();
  }
}

const setUp = (): { groups: EngineGroups; started: Fake[] } => {
  const started: Fake[] = [];
  const groups = new EngineGroups({
    clock: new ManualClock(),
    publicFd: () => 99,
    size: () => ({ count: 1, spares: 1 }),
    fronts: 1,
    launch: (role, apps, events) => {
      const fake = new Fake(role, apps, events);
      started.push(fake);
      return fake.process;
    },
    drainMs: () => 0,
    onDeath: () => {},
    onCatastrophe: () => {},
    onStuck: (error) => assert.fail(String(error)),
    onDivided: () => {},
    retry: () => {},
  });
  return { groups, started };
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
