import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CgroupPlace, MemoryCgroups } from './memory-cgroups.ts';

const skip = process.platform !== 'linux';

/** Folders that look like a unit's delegated group. */
function setUp(
  t: TestContext,
  { path = '/system.slice/nano.service', controllers = 'cpu memory pids' } = {},
): CgroupPlace & { dir: string; read(file: string): string } {
  const root = mkdtempSync(join(tmpdir(), 'nano-cgroup-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const dir = join(root, '/system.slice/nano.service');
  mkdirSync(dir, { recursive: true });
  const self = join(root, 'self');
  writeFileSync(self, `4:memory:/old\n0::${path}\n`);
  writeFileSync(join(dir, 'cgroup.controllers'), `${controllers}\n`);
  writeFileSync(join(dir, 'cgroup.procs'), '10\n11\n');
  writeFileSync(join(dir, 'cgroup.subtree_control'), '');
  const proc = join(root, 'proc');
  for (const [pid, parent] of [
    [12, 10],
    [13, 11],
  ]) {
    mkdirSync(join(proc, String(pid)), { recursive: true });
    writeFileSync(join(proc, String(pid), 'status'), `Name:\tx\nPid:\t${pid}\nPPid:\t${parent}\nTracerPid:\t0\n`);
  }
  return { root, self, proc, own: [10, 11], dir, read: (file) => readFileSync(join(dir, file), 'utf8') };
}

test('cgroups: the service moves down, and each engine gets a limit of its own', { skip }, (t) => {
  const place = setUp(t);
  const groups = MemoryCgroups.open(place);
  assert.equal(groups?.dir, place.dir);
  assert.equal(place.read('nano/cgroup.procs'), '11');
  assert.equal(place.read('cgroup.subtree_control'), '+memory');
  groups?.add(42, 400);
  assert.deepEqual(
    ['memory.max', 'memory.swap.max', 'cgroup.procs'].map((file) => place.read(`nano-engine-42/${file}`)),
    [String(500 * 1024 * 1024), '0', '42'],
  );
});

test('cgroups: an engine that could not be started has no group: 0 is whoever asks', { skip }, (t) => {
  const place = setUp(t);
  MemoryCgroups.open(place)?.add(0, 400);
  assert.equal(existsSync(join(place.dir, 'nano-engine-0')), false);
});

test('cgroups: what this process has started moves with it, and others are in the way', { skip }, (t) => {
  const place = setUp(t);
  writeFileSync(join(place.dir, 'cgroup.procs'), '10\n12\n');
  assert.equal(MemoryCgroups.open(place)?.dir, place.dir);
  assert.equal(place.read('nano/cgroup.procs'), '12');
  for (const others of ['10\n13\n', '10\n14\n']) {
    const shared = setUp(t);
    writeFileSync(join(shared.dir, 'cgroup.procs'), others);
    assert.equal(MemoryCgroups.open(shared), undefined);
    assert.equal(existsSync(join(shared.dir, 'nano')), false);
  }
});

test('cgroups: the groups of engines that have gone are removed, also those that a killed server has left', { skip }, (t) => {
  const place = setUp(t);
  const engines = (): string[] => readdirSync(place.dir).filter((name) => name.startsWith('nano-engine'));
  mkdirSync(join(place.dir, 'nano-engine-7'));
  // As one of the kernel's that somebody is in.
  mkdirSync(join(place.dir, 'nano-engine-8'));
  writeFileSync(join(place.dir, 'nano-engine-8/cgroup.procs'), '8');
  const groups = MemoryCgroups.open(place);
  assert.deepEqual(engines(), ['nano-engine-8']);
  rmSync(join(place.dir, 'nano-engine-8/cgroup.procs'));
  groups?.remove(9);
  assert.deepEqual(engines(), []);
});

test('cgroups: tells whether the kernel has killed an engine for want of memory', { skip }, (t) => {
  const place = setUp(t);
  const groups = MemoryCgroups.open(place);
  for (const [pid, kills] of [
    [7, 0],
    [8, 1],
    [9, 12],
  ] as const) {
    groups?.add(pid, 400);
    writeFileSync(join(place.dir, `nano-engine-${pid}`, 'memory.events'), `low 0\nmax 28\noom 1\noom_kill ${kills}\noom_group_kill 0\n`);
  }
  assert.deepEqual(
    [7, 8, 9, 10].map((pid) => groups?.remove(pid)),
    [false, true, true, false],
  );
});

test('cgroups: what the service may take as a whole', { skip }, (t) => {
  const place = setUp(t);
  const groups = MemoryCgroups.open(place);
  assert.equal(groups?.serviceBytes, Infinity);
  writeFileSync(join(place.dir, 'memory.max'), 'max\n');
  assert.equal(groups?.serviceBytes, Infinity);
  writeFileSync(join(place.dir, 'memory.max'), '1656201216\n');
  assert.equal(groups?.serviceBytes, 1656201216);
});

test('cgroups: a service that was put one level down finds its group', { skip }, (t) => {
  const place = setUp(t, { path: '/system.slice/nano.service/nano' });
  assert.equal(MemoryCgroups.open(place)?.dir, place.dir);
});

test('cgroups: none without the controller, in the root group, or where nothing may be written', { skip }, (t) => {
  assert.equal(MemoryCgroups.open(setUp(t, { controllers: 'cpu pids' })), undefined);
  assert.equal(MemoryCgroups.open(setUp(t, { path: '/' })), undefined);
  assert.equal(MemoryCgroups.open(setUp(t, { path: '/elsewhere' })), undefined);
  assert.equal(MemoryCgroups.open(setUp(t, { path: '/user.slice/session-1.scope' })), undefined);
  assert.equal(MemoryCgroups.open({ root: '/nonexistent', self: '/nonexistent', proc: '/nonexistent', own: [10, 11] }), undefined);
  const shared = setUp(t);
  assert.equal(MemoryCgroups.open({ ...shared, own: [10, 12] }), undefined);
  assert.equal(existsSync(join(shared.dir, 'nano')), false);
  const place = setUp(t);
  rmSync(join(place.dir, 'cgroup.procs'));
  mkdirSync(join(place.dir, 'cgroup.procs'));
  assert.equal(MemoryCgroups.open(place), undefined);
});
