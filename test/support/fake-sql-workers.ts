import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { PoolRouter, type RouterOptions, type WorkerEvents } from '../../src/storage/pool/router.ts';
import { type Room, type RoundCall, WorkerFrame, writeWorkerFrame } from '../../src/storage/pool/wire.ts';

/** A worker that does what the test says. */
export class FakeWorker {
  readonly pid: number;
  readonly rounds: { key: string; handover: string; calls: readonly RoundCall[] }[] = [];
  readonly #events: WorkerEvents;
  isEnded = false;
  isLow = false;
  isKilled = false;

  constructor(pid: number, events: WorkerEvents) {
    this.pid = pid;
    this.#events = events;
  }

  send(key: string, _room: Room, handover: string, calls: readonly RoundCall[]): void {
    this.rounds.push({ key, handover, calls });
  }

  lower(): void {
    this.isLow = true;
  }

  end(): void {
    this.isEnded = true;
    this.#events.gone();
  }

  kill(): void {
    this.isKilled = true;
    this.#events.gone();
  }

  die(): void {
    this.#events.gone();
  }

  frame(kind: number, call = 0, payload = ''): void {
    this.#events.frame(writeWorkerFrame(kind, call, payload).subarray(4));
  }

  /** Answers the newest round with what was asked. */
  answer(): void {
    for (const { call, payload } of this.rounds.at(-1)?.calls ?? []) this.frame(WorkerFrame.answer, call, `${payload.toString()}!`);
  }

  get asked(): string[] {
    return this.rounds.map(({ key, calls }) => `${key}:${calls.map(({ payload }) => payload.toString()).join()}`);
  }
}

export type World = {
  router: PoolRouter;
  workers: FakeWorker[];
  answers: string[];
  troubles: string[];
  ask(owner: string, key: string, text: string, isHeard?: () => boolean): void;
  wait(ms: number): void;
  memory: { bytes: number };
};

/** A router of workers like that, its clock in the test's hand, and what came of what was asked. */
export function routerWorld(t: TestContext, options: Partial<RouterOptions> = {}): World {
  const workers: FakeWorker[] = [];
  const answers: string[] = [];
  const troubles: string[] = [];
  const memory = { bytes: 0 };
  let now = 1000;
  const router = new PoolRouter({
    launch: (events) => {
      const worker = new FakeWorker(workers.length + 1, events);
      workers.push(worker);
      return worker;
    },
    most: 3,
    mostPerOwner: 2,
    roundMs: 1000,
    slowMs: Number.POSITIVE_INFINITY,
    slowForMs: 0,
    mostSlow: 0,
    keptForQuick: 0,
    queueMs: 5000,
    busyMs: 40,
    idleMs: 10_000,
    memoryBytes: 100,
    memoryOf: () => memory.bytes,
    answers: { timeout: 'timeout', memory: 'memory', lost: 'lost', tooMany: 'too many', tooLong: 'too long' },
    onTrouble: (message) => troubles.push(message),
    now: () => now,
    ...options,
  });
  t.after(() => router.close());
  return {
    router,
    workers,
    answers,
    troubles,
    memory,
    ask: (owner, key, text, isHeard) => router.call(owner, key, Buffer.from(text), (answer) => answers.push(`${text}=${answer.toString()}`), isHeard),
    wait: (ms) => {
      now += ms;
      router.tick();
    },
  };
}

/** It has started. */
export const ready = (worker: FakeWorker | undefined): FakeWorker => {
  assert.ok(worker);
  worker.frame(WorkerFrame.ready);
  return worker;
};
