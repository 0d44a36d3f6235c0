import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Isolate } from './isolate.ts';
import type { Realm, TurnFailure } from './realm.ts';
import { noteStarved, type Overrun } from './overrun.ts';
import { ThreadGate } from './thread-gate.ts';
import type { TurnOwner } from './turn-owner.ts';
import { Turns } from './turns.ts';

/** An isolate whose turns end when the test says so, in the order they were entered. */
class FakeRealm {
  cpu = 0;
  isDisposed = false;
  light = 0;
  readonly timeouts: number[] = [];
  readonly #turns: PromiseWithResolvers<unknown>[] = [];

  get cpuTime(): bigint {
    return this.isDisposed ? 0n : BigInt(this.cpu * 1e6) + 1n;
  }

  enter(_args: unknown[], timeout: number): Promise<unknown> {
    const turn = Promise.withResolvers<unknown>();
    this.timeouts.push(timeout);
    this.#turns.push(turn);
    return turn.promise;
  }

  enterUnwatched(): boolean {
    this.light++;
    return !this.isDisposed;
  }

  get waiting(): number {
    return this.#turns.length;
  }

  dispose(): void {
    this.isDisposed = true;
  }

  /** The oldest turn has ended, having used so much. */
  async end(cpuMs: number, error?: Error): Promise<void> {
    this.cpu += cpuMs;
    const turn = this.#turns.shift();
    if (error === undefined) turn?.resolve(undefined);
    else turn?.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

class Owner implements TurnOwner {
  isStuck: boolean;
  isAlone = false;
  ended = false;
  readonly told: [cpuMs: number, outcome: string][] = [];

  constructor(isStuck = false) {
    this.isStuck = isStuck;
  }

  turnEnded(cpuMs: number): void {
    this.told.push([cpuMs, 'ended']);
  }

  turnFailed(failure: TurnFailure, cpuMs: number): void {
    this.told.push([cpuMs, failure.kind]);
  }
}

type Setup = {
  realm: FakeRealm;
  turns: Turns;
  /** What is watched at this moment. */
  watches: Overrun[];
  run(owner: Owner, timeout?: number): void;
  light(owner: Owner, timeout?: number): void;
};

function setUp(gate = new ThreadGate(1)): Setup {
  const realm = new FakeRealm();
  const watches: Overrun[] = [];
  const turns = new Turns(realm as unknown as Isolate, gate, (overrun) => {
    watches.push(overrun);
    return () => watches.splice(watches.indexOf(overrun), 1);
  });
  return {
    realm,
    turns,
    watches,
    run: (owner, timeout = 100) => turns.run(realm as unknown as Realm, owner, [], timeout),
    light: (owner, timeout = 100) => turns.runLight(realm as unknown as Realm, owner, [], timeout),
  };
}

test('run: the CPU time between two ends belongs to the later one', async () => {
  const { realm, run } = setUp();
  const owners = [new Owner(), new Owner(), new Owner()];
  for (const owner of owners) run(owner);
  await realm.end(3);
  await realm.end(5, new Error('thrown'));
  await realm.end(7);
  assert.deepEqual(
    owners.map((owner) => owner.told),
    [[[3, 'ended']], [[5, 'rejection']], [[7, 'ended']]],
  );
});

test('run: late news of an end charges no turn with more than it can have used', async () => {
  const { realm, run } = setUp();
  const [first, second] = [new Owner(), new Owner()];
  run(first, 10);
  run(second, 100);
  realm.cpu = 45;
  await realm.end(0);
  await realm.end(0);
  assert.deepEqual(first.told, [[10, 'ended']]);
  assert.deepEqual(second.told, [[35, 'ended']]);
});

test('over: comes with the last turn, also where the isolate has been ended', async () => {
  const { realm, turns, run } = setUp();
  await turns.over();
  run(new Owner());
  run(new Owner());
  let isOver = false;
  const over = turns.over().then(() => {
    isOver = true;
  });
  realm.dispose();
  await realm.end(1, new Error('Isolate was disposed during execution'));
  assert.equal(isOver, false);
  await realm.end(1, new Error('Isolate was disposed during execution'));
  await over;
});

test('run: owners stay in order over thousands of turns', async () => {
  const { realm, run } = setUp();
  const owners: Owner[] = [];
  for (let i = 0; i < 3000; i++) {
    const owner = new Owner();
    owners.push(owner);
    run(owner);
  }
  for (let i = 0; i < 2500; i++) void realm.end((i % 7) + 1);
  await realm.end(1);
  const sum = owners.slice(0, 2501).reduce((total, { told }) => total + (told[0]?.[0] ?? Number.NaN), 0);
  assert.equal(Math.round(sum), realm.cpu);
  assert.equal(owners[2500]?.told.length, 1);
  assert.equal(owners[2501]?.told.length, 0);
});

test('runLight: one checkpoint ends a run of turns, each with its share', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { realm, light } = setUp();
  const owners = [new Owner(), new Owner(), new Owner(), new Owner()];
  for (const owner of owners) light(owner);
  assert.equal(realm.waiting, 0);
  t.mock.timers.tick(50);
  assert.equal(realm.waiting, 1);
  await realm.end(8);
  assert.equal(realm.light, 4);
  assert.deepEqual(
    owners.map((owner) => owner.told),
    owners.map(() => [[2, 'ended']]),
  );
});

test('runLight: a watched turn comes after the checkpoint of the light ones before it', async () => {
  const { realm, run, light } = setUp();
  const [first, second] = [new Owner(), new Owner()];
  light(first);
  run(second);
  assert.equal(realm.waiting, 2);
  await realm.end(4);
  assert.deepEqual(first.told, [[4, 'ended']]);
  await realm.end(6);
  assert.deepEqual(second.told, [[6, 'ended']]);
});

test('runLight: very many turns do not wait for the timer', async () => {
  const { realm, light } = setUp();
  for (let i = 0; i < 512; i++) light(new Owner());
  assert.equal(realm.waiting, 1);
  await realm.end(1);
});

test('runLight: a run that has used its time costs the isolate, and the first that came to nothing is to blame', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { realm, light, watches } = setUp();
  const owners = [new Owner(), new Owner(true), new Owner(true)];
  for (const owner of owners) light(owner, 100);
  t.mock.timers.tick(50);
  assert.equal(watches.at(-1)?.limit, 100);
  watches.at(-1)?.cut(false);
  assert.equal(realm.isDisposed, true);
  await realm.end(0, new Error('Isolate is disposed'));
  assert.deepEqual(
    owners.map((owner) => owner.told[0]?.[1]),
    ['gone', 'timeout', 'gone'],
  );
});

test('runLight: where each has come to something, the last that is not over is to blame', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const open of [1, 2]) {
    const { realm, light, watches } = setUp();
    const owners = [new Owner(), new Owner(), new Owner()];
    for (const owner of owners) {
      owner.ended = owners.indexOf(owner) !== open;
      light(owner, 100);
    }
    t.mock.timers.tick(500);
    watches.at(-1)?.cut(false);
    await realm.end(0, new Error('Isolate is disposed'));
    assert.deepEqual(
      owners.map((owner) => owner.told[0]?.[1]),
      owners.map((_, i) => (i === open ? 'timeout' : 'gone')),
    );
  }
});

// A small limit and a queue of good turns: together they last longer than one turn may.
test('runLight: a long run makes progress while turns end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { realm, light, watches } = setUp();
  const owners = Array.from({ length: 5 }, () => new Owner(true));
  for (const owner of owners) light(owner, 10);
  t.mock.timers.tick(50);
  const watch = watches.at(-1);
  const seen = new Set([watch?.progress()]);
  for (const owner of owners) {
    owner.isStuck = false;
    seen.add(watch?.progress());
  }
  assert.equal(seen.size, 6);
  await realm.end(50);
  assert.deepEqual(
    owners.map((owner) => owner.told),
    owners.map(() => [[10, 'ended']]),
  );
  assert.deepEqual(watches, []);
});

test('runLight: a turn that comes to something and to nothing again and again makes no progress', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { light, watches } = setUp();
  const owner = new Owner();
  light(owner, 10);
  t.mock.timers.tick(500);
  const seen: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    owner.isStuck = i % 2 === 0;
    seen.push(watches.at(-1)?.progress());
  }
  assert.deepEqual(seen, [1, 0, 0, 0]);
});

test('run: a turn that is alone and has used its time costs the isolate', async () => {
  const { realm, run, watches } = setUp();
  const owner = new Owner();
  owner.isAlone = true;
  run(owner, 10);
  watches[0]?.cut(false);
  assert.equal(realm.isDisposed, true);
  await realm.end(0, new Error('Isolate is disposed'));
  assert.equal(owner.told[0]?.[1], 'timeout');
});

test('run: a turn that has had no CPU for as long as anybody waits costs the isolate, and is not to blame', async () => {
  const { realm, run, watches } = setUp();
  const owner = new Owner();
  owner.isAlone = true;
  run(owner, 10);
  watches[0]?.cut(true);
  await realm.end(0, new Error('Isolate is disposed'));
  assert.equal(owner.told[0]?.[1], 'starved');
});

test('runLight: nor is one of a run', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { realm, light, watches } = setUp();
  const owner = new Owner(true);
  light(owner, 10);
  t.mock.timers.tick(50);
  watches.at(-1)?.cut(true);
  await realm.end(0, new Error('Isolate is disposed'));
  assert.equal(owner.told[0]?.[1], 'starved');
});

test("run: with others in the isolate the turn is left to V8's timer", async () => {
  const { realm, run, watches } = setUp();
  const owner = new Owner();
  run(owner, 10);
  watches[0]?.cut(false);
  assert.equal(realm.isDisposed, false);
  await realm.end(260, new Error('Script execution timed out.'));
  assert.deepEqual(owner.told, [[10, 'timeout']]);
});

test('run: one watch for all turns under way, and none after them', async () => {
  const { realm, run, watches, turns } = setUp();
  run(new Owner());
  run(new Owner());
  assert.equal(watches.length, 1);
  const [before, progress] = [watches[0]?.progress(), turns.progress];
  watches[0]?.waited();
  assert.equal(watches[0]?.progress(), before);
  assert.notEqual(turns.progress, progress, 'whoever looks for isolates that stand still sees that this one is waited for');
  await realm.end(1);
  assert.notEqual(watches[0]?.progress(), before);
  await realm.end(1);
  run(new Owner());
  assert.equal(watches.length, 1, 'the watch there is sees the next turn, too');
  await realm.end(1);
  assert.equal(watches[0]?.progress(), undefined);
  run(new Owner());
  assert.equal(watches.length, 2);
});

test('runLight: a disposed isolate fails the turn at once, or the run at its checkpoint', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { realm, light } = setUp();
  const [first, second] = [new Owner(), new Owner()];
  light(first);
  realm.isDisposed = true;
  light(second);
  assert.deepEqual(second.told, [[0, 'gone']]);
  t.mock.timers.tick(50);
  await realm.end(0, new Error('Isolate is disposed'));
  const [[cpu = Number.NaN, end] = []] = first.told;
  assert.equal(end, 'gone');
  // Nobody knows any more; no more than the time since.
  assert.ok(cpu >= 0 && cpu < 1000, String(cpu));
});

test('runLight: a few turns that have been answered wait longer for their checkpoint', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { realm, light, turns } = setUp();
  light(new Owner());
  turns.lightTurnAnswered();
  for (now = 50; now < 500; now += 50) t.mock.timers.tick(50);
  assert.equal(realm.waiting, 0);
  t.mock.timers.tick(50);
  assert.equal(realm.waiting, 1);
  await realm.end(1);
});

test('turns wait, in their order, until their isolate is let in', async () => {
  const gate = new ThreadGate(1);
  const inside = setUp(gate);
  const waits = setUp(gate);
  inside.run(new Owner());
  const [first, second] = [new Owner(), new Owner()];
  waits.light(first);
  waits.run(second);
  assert.deepEqual([waits.realm.light, waits.realm.waiting], [0, 0]);
  await inside.realm.end(1);
  assert.deepEqual([waits.realm.light, waits.realm.waiting], [1, 2]);
  await waits.realm.end(2);
  await waits.realm.end(3);
  assert.deepEqual([first.told, second.told], [[[2, 'ended']], [[3, 'ended']]]);
});

test('an isolate comes out when its light turns are answered', () => {
  const gate = new ThreadGate(1);
  const inside = setUp(gate);
  const waits = setUp(gate);
  inside.light(new Owner());
  inside.light(new Owner());
  waits.light(new Owner());
  inside.turns.lightTurnAnswered();
  assert.equal(waits.realm.light, 0);
  inside.turns.lightTurnAnswered();
  assert.equal(waits.realm.light, 1);
});

test('an isolate whose light turn brings no answer comes out at its checkpoint, which comes sooner when others wait', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const gate = new ThreadGate(1);
  const inside = setUp(gate);
  const waits = setUp(gate);
  inside.light(new Owner());
  waits.light(new Owner());
  now = 2;
  t.mock.timers.tick(2);
  assert.deepEqual([inside.realm.waiting, waits.realm.light], [1, 1]);
  await inside.realm.end(0);
  assert.equal(gate.enter({ admitted: () => {}, overstayed: () => {} }), false, 'one isolate is inside');
  waits.turns.lightTurnAnswered();
});

test('a turn of an isolate that is gone before it was let in fails', async () => {
  const gate = new ThreadGate(1);
  const inside = setUp(gate);
  const waits = setUp(gate);
  inside.run(new Owner());
  const owner = new Owner();
  waits.light(owner);
  waits.realm.isDisposed = true;
  await inside.realm.end(1);
  assert.deepEqual(owner.told, [[0, 'gone']]);
  assert.equal(gate.enter({ admitted: () => {}, overstayed: () => {} }), true, 'the place is free again');
});

test('progress: changes with every end, and is undefined while nothing is under way', async () => {
  const { realm, run, turns } = setUp();
  assert.equal(turns.progress, undefined);
  run(new Owner());
  run(new Owner());
  const before = turns.progress;
  assert.notEqual(before, undefined);
  await realm.end(1);
  assert.notEqual(turns.progress, before);
  await realm.end(1);
  assert.equal(turns.progress, undefined);
});

test('follow: the owner hears of the end after the value was used', async () => {
  const { turns } = setUp();
  const owner = new Owner();
  const seen: unknown[] = [];
  turns.follow(owner, Promise.resolve(5), (value) => seen.push(value, owner.told.length));
  turns.follow(owner, Promise.reject(new Error('Script execution timed out.')), () => seen.push('never'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen, [5, 0]);
  assert.deepEqual(owner.told.map(([, outcome]) => outcome).sort(), ['ended', 'timeout']);
});

test('started: what was used before the first turn is not its own', async () => {
  const { realm, run, turns } = setUp();
  realm.cpu += 80;
  assert.equal(turns.started(), 80);
  const [first, second] = [new Owner(), new Owner()];
  run(first, 100);
  realm.cpu += 5;
  assert.equal(turns.started(), 0, 'whose it is cannot be told');
  await realm.end(2);
  run(second, 100);
  await realm.end(1);
  assert.deepEqual([first.told, second.told], [[[7, 'ended']], [[1, 'ended']]]);
});

// What follows leaves the machine as one that counts as busy, for half a minute.

test('run: a turn that V8 has ended before it had used its time is not to blame', async () => {
  const { realm, run } = setUp();
  const owner = new Owner();
  run(owner, 10);
  await realm.end(3, new Error('Script execution timed out.'));
  assert.deepEqual(owner.told, [[3, 'starved']]);
});

test('run: on a busy machine no turn has used more than the process, whatever its clock says', async (t) => {
  noteStarved();
  let ms = 1000;
  t.mock.method(process, 'cpuUsage', () => ({ user: ms * 1000, system: 0 }));
  const { realm, run } = setUp();
  const owners = [new Owner(), new Owner(), new Owner()];
  for (const owner of owners) run(owner, 100);
  ms += 3;
  await realm.end(90);
  // The thread has come out, and the clock is right again.
  realm.cpu -= 88;
  ms += 5;
  await realm.end(4);
  ms += 6;
  await realm.end(1400, new Error('Script execution timed out.'));
  assert.deepEqual(
    owners.map(({ told }) => told[0]),
    [
      [3, 'ended'],
      [3, 'ended'],
      [6, 'starved'],
    ],
  );
});
