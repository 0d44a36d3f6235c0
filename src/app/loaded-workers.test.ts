import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { WorkerSource } from '../ports/worker-loader.ts';
import { type Loadable, LoadedWorkers, MOST_LOADED } from './loaded-workers.ts';

class Version implements Loadable {
  isEmpty = true;
  readonly calls: string[] = [];
  async prepare(): Promise<void> {
    this.calls.push('prepare');
  }
  retire(): void {
    this.calls.push('retire');
  }
  dispose(): void {
    this.calls.push('dispose');
  }
}

const SOURCE: WorkerSource = {
  compatibilityDate: '2026-01-01',
  compatibilityFlags: [],
  main: 'a.js',
  modules: [],
  env: { payload: undefined, services: [] },
  outbound: 'none',
  tails: [],
  limits: { cpuMs: 1, subrequests: 1 },
};

const open = (bytes = 10): LoadedWorkers<Version> =>
  new LoadedWorkers({ assemble: async () => ({ format: 'modules', main: 'a.js', modules: [], digest: '', bytes }), make: () => new Version() });

suite('loaded workers', () => {
  test('load: a worker is found by its key, and reads its code once', async () => {
    const workers = open();
    const { worker } = await workers.load('a', SOURCE);
    assert.equal(workers.find('a'), worker);
    assert.equal((await workers.load('a', SOURCE)).worker, worker);
    assert.deepEqual(worker.version.calls, ['prepare']);
  });

  test('load: two at the same time come to one worker', async () => {
    const workers = open();
    const [first, second] = await Promise.all([workers.load('a', SOURCE), workers.load('a', SOURCE)]);
    assert.equal(first.worker, second.worker);
  });

  test('load: one without a key goes with its last lease', async () => {
    const workers = open();
    const { worker, release } = await workers.load(undefined, SOURCE);
    const other = worker.lease();
    release();
    release();
    assert.deepEqual(worker.version.calls, ['prepare']);
    other();
    assert.deepEqual(worker.version.calls, ['prepare', 'retire']);
    assert.deepEqual([...workers.versions()], []);
  });

  test('load: the least recently used goes for a new one, and none that is in use', async () => {
    const workers = open();
    const held = await workers.load('held', SOURCE);
    for (let i = 1; i < MOST_LOADED; i++) (await workers.load(`${i}`, SOURCE)).release();
    await workers.load('new', SOURCE);
    assert.equal(workers.find('held'), held.worker);
    assert.equal(workers.find('1'), undefined);
    assert.notEqual(workers.find('2'), undefined);
  });

  test('load: is refused where all are in use', async () => {
    const workers = open(10 * 1024 * 1024);
    for (let i = 0; i < 3; i++) await workers.load(undefined, SOURCE);
    await assert.rejects(workers.load(undefined, SOURCE), { message: 'Too many dynamic workers are in use.' });
  });

  test('load: a worker that does not start is not found again', async () => {
    const workers = open();
    const { worker, release } = await workers.load('a', SOURCE);
    worker.broken(0);
    assert.equal(workers.find('a'), undefined);
    release();
    assert.deepEqual(worker.version.calls, ['prepare', 'retire']);
  });

  test('retire: what is in use is kept until it is not', async () => {
    const workers = open();
    const { worker, release } = await workers.load('a', SOURCE);
    workers.retire();
    assert.equal(workers.find('a'), undefined);
    assert.deepEqual(worker.version.calls, ['prepare']);
    release();
    assert.deepEqual(worker.version.calls, ['prepare', 'retire']);
  });

  test('dispose: ends all, those that are in use and those that are leaving', async () => {
    const workers = open();
    const { worker } = await workers.load('a', SOURCE);
    const leaving = await workers.load(undefined, SOURCE);
    leaving.worker.version.isEmpty = false;
    leaving.release();
    workers.dispose();
    assert.equal(worker.version.calls.at(-1), 'dispose');
    assert.equal(leaving.worker.version.calls.at(-1), 'dispose');
  });

  test('versions: one with events in hand is among them until it is empty', async () => {
    const workers = open();
    const { worker, release } = await workers.load(undefined, SOURCE);
    worker.version.isEmpty = false;
    release();
    assert.deepEqual([...workers.versions()], [worker.version]);
    worker.version.isEmpty = true;
    assert.deepEqual([...workers.versions()], []);
  });
});
