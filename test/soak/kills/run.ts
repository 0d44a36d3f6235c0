/** Writes of every kind while processes are killed at random moments, and what came of it. */
import type { Random } from '../../fuzz/random.ts';
import { folder } from '../../support/folder.ts';
import { type AloneKind, type AloneResult, killAlone } from './alone.ts';
import { APP, WRANGLER } from './app.ts';
import { type Kind, KINDS, pointsKept, pointTroubles, queueTroubles, type State } from './kinds.ts';
import { Target, type Victim } from './victims.ts';

export type Plan = {
  /** How often each is killed. */
  victims: Readonly<Partial<Record<Victim, number>>>;
  /** How often a process is killed that writes secrets, or the record of cron runs. */
  alone: Readonly<Partial<Record<AloneKind, number>>>;
  random: Random;
  say(line: string): void;
};

export type Outcome = {
  kills: Readonly<Record<string, number>>;
  /** Writes by kind: tried, and acknowledged. */
  writes: Readonly<Record<string, { tried: number; acknowledged: number }>>;
  troubles: string[];
};

/** Keys of each writer: they are written again and again. */
const KEYS = 5;
/** Between the first acknowledged write after a death and the next one. */
const MOST_DELAY_MS = 250;
/** The server takes a death for one of a row where the next of its kind follows sooner; see server.ts. */
const CALM_MS = 350;
const POINT_EVERY_MS = 20;
/** After a write that failed. */
const PAUSE_MS = 50;
const QUEUE_PATIENCE_MS = 60_000;
/** What is wrong is said so often; the rest is counted. */
const MOST_TROUBLES = 30;

export async function runKills({ victims, alone, random, say }: Plan): Promise<Outcome> {
  const writers = new Writers(random);
  const kills: Record<string, number> = {};
  const troubles: string[] = [];
  const order = shuffled(
    Object.entries(victims).flatMap(([victim, count]) => Array.from({ length: count }, () => victim as Victim)),
    random,
  );
  if (order.length > 0) troubles.push(...(await killServer(order, writers, kills, random, say)));
  for (const [kind, count] of Object.entries(alone)) {
    const result: AloneResult = await killAlone(kind as AloneKind, folder(), count, random);
    kills[kind] = result.kills;
    troubles.push(...result.troubles);
    writers.counts[kind] = { tried: result.acknowledged, acknowledged: result.acknowledged };
    say(`${kind}: killed ${result.kills} times, ${result.acknowledged} writes acknowledged`);
  }
  return { kills, writes: writers.counts, troubles };
}

async function killServer(
  order: readonly Victim[],
  writers: Writers,
  kills: Record<string, number>,
  random: Random,
  say: (line: string) => void,
): Promise<string[]> {
  const target = new Target(folder({ 'app/index.js': APP, 'app/wrangler.json': WRANGLER }), folder());
  const troubles: string[] = [];
  const killedAt = new Map<Victim, number>();
  try {
    await target.start();
    while ((await target.ask('/d1/x', { method: 'POST' }))?.status !== 200);
    writers.start(target);
    // On a slow disk some take longer than there is between two kills.
    await writers.acknowledgedAll();
    await pointsKept(target, writers.statesOf('point'));
    for (const [at, victim] of order.entries()) {
      await writers.acknowledged();
      const calm = (killedAt.get(victim) ?? 0) + CALM_MS - performance.now();
      await sleep(Math.max(0, calm) + random.int(MOST_DELAY_MS));
      // A process that has just died is not there again yet.
      while (!target.kill(victim)) await sleep(PAUSE_MS);
      killedAt.set(victim, performance.now());
      kills[victim] = (kills[victim] ?? 0) + 1;
      if (victim === 'group' || victim === 'supervisor') {
        await target.ended();
        await target.start();
      }
      if ((at + 1) % 50 === 0) say(`${at + 1} kills, ${Object.values(writers.counts).reduce((sum, each) => sum + each.acknowledged, 0)} writes acknowledged`);
      if (writers.troubles.length + target.troubles.length > 0) break;
    }
    await writers.stop();
    troubles.push(...(await writers.checkAll(target)));
    troubles.push(...(await queueTroubles(target, writers.statesOf('queue'), QUEUE_PATIENCE_MS)).map((text) => `queue: ${text}`));
    const points = await pointTroubles(target, writers.statesOf('point'));
    troubles.push(...points.troubles.map((text) => `point: ${text}`));
    for (const [answer, count] of Object.entries(target.answers)) say(`${count} × ${answer}`);
    say(`analytics: ${points.there} of ${writers.counts['point']?.acknowledged ?? 0} points are there`);
  } catch (error) {
    troubles.push(String(error));
    await writers.stop();
  } finally {
    await target.stop();
  }
  troubles.unshift(...writers.troubles, ...target.troubles);
  const damaged = target.output.filter((line) => /damaged|set aside/.test(line));
  if (troubles.length + damaged.length > 0) for (const line of target.output) say(`  | ${line.slice(0, 300)}`);
  return [...troubles.slice(0, MOST_TROUBLES), ...damaged];
}

/** Those who write, each its own keys, and read back what they have written. */
export class Writers {
  readonly counts: Record<string, { tried: number; acknowledged: number }> = {};
  readonly troubles: string[] = [];
  readonly #random: Random;
  readonly #states = new Map<Kind, Map<string, State>>();
  #running: Promise<unknown> = Promise.resolve();
  #isOver = false;
  #wake = (): void => {};

  constructor(random: Random) {
    this.#random = random;
  }

  start(target: Target): void {
    this.#running = Promise.all(KINDS.flatMap((kind) => Array.from({ length: kind.writers }, (_, number) => this.#run(target, kind, number))));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  /** When the next write is acknowledged. */
  acknowledged(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** When each of them has had a write acknowledged. */
  async acknowledgedAll(): Promise<void> {
    while (Object.values(this.counts).some(({ acknowledged }) => acknowledged === 0)) await this.acknowledged();
  }

  statesOf(name: string): ReadonlyMap<string, State> {
    for (const [kind, states] of this.#states) if (kind.name === name) return states;
    return new Map();
  }

  /** What is known now: what is acknowledged later is not in it. */
  snapshot(): ReadonlyMap<Kind, ReadonlyMap<string, State>> {
    const copy = (states: ReadonlyMap<string, State>): Map<string, State> =>
      new Map([...states].map(([key, { acknowledged, tried }]) => [key, { acknowledged: [...acknowledged], tried }]));
    return new Map([...this.#states].map(([kind, states]) => [kind, copy(states)]));
  }

  /** Everything that was ever written, once nobody is killed any more. */
  async checkAll(target: Target): Promise<string[]> {
    const troubles: string[] = [];
    for (const [kind, states] of this.#states) {
      for (const [key, state] of states) {
        const trouble = await kind.check(target, key, state);
        if (trouble !== undefined) troubles.push(`${kind.name} ${key}: ${trouble}`);
      }
    }
    return troubles;
  }

  async #run(target: Target, kind: Kind, number: number): Promise<void> {
    const count = (this.counts[kind.name] ??= { tried: 0, acknowledged: 0 });
    let states = this.#states.get(kind);
    if (states === undefined) this.#states.set(kind, (states = new Map()));
    for (let turn = 0; !this.#isOver; turn++) {
      const key = `k${number}x${turn % KEYS}`;
      let state = states.get(key);
      if (state === undefined) states.set(key, (state = { acknowledged: [], tried: -1 }));
      const version = ++state.tried;
      count.tried++;
      if (await kind.write(target, key, version)) {
        state.acknowledged.push(version);
        count.acknowledged++;
        this.#wake();
      } else await sleep(PAUSE_MS);
      if (kind.name === 'point') await sleep(POINT_EVERY_MS);
      // What was written just now, or any other.
      const looked = this.#random.int(2) === 0 ? key : `k${number}x${this.#random.int(KEYS)}`;
      const known = states.get(looked);
      const trouble = known === undefined ? undefined : await kind.check(target, looked, known);
      if (trouble !== undefined) this.troubles.push(`${kind.name} ${looked}: ${trouble}`);
    }
  }
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let at = result.length - 1; at > 0; at--) {
    const other = random.int(at + 1);
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
