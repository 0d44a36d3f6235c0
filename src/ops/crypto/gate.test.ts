import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import type { OpContext } from '../op.ts';
import { gated } from './gate.ts';

const anIsolate = (): OpContext => ({ handles: {}, event: () => undefined }) as unknown as OpContext;

/** Jobs that end when they are told to. */
class Jobs {
  running = 0;
  most = 0;
  readonly #ends: (() => void)[] = [];

  readonly job = async (): Promise<void> => {
    this.most = Math.max(this.most, ++this.running);
    await new Promise<void>((resolve) => this.#ends.push(resolve));
    this.running--;
  };

  /** Ends the oldest. */
  end(): void {
    this.#ends.shift()?.();
  }

  async endAll(all: Promise<unknown>): Promise<void> {
    let isOver = false;
    void all.then(() => {
      isOver = true;
    });
    while (!isOver) {
      this.end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test('gated: slow jobs of one isolate run one after the other', async () => {
  const jobs = new Jobs();
  const isolate = anIsolate();
  await jobs.endAll(Promise.all([1, 2, 3].map(() => gated(isolate, 0, 'slow', 0, jobs.job))));
  assert.equal(jobs.most, 1);
});

test('gated: slow jobs of many isolates take as many threads as there are processors', async () => {
  const jobs = new Jobs();
  const isolates = Array.from({ length: availableParallelism() + 3 }, anIsolate);
  await jobs.endAll(Promise.all(isolates.map((isolate) => gated(isolate, 0, 'slow', 0, jobs.job))));
  assert.equal(jobs.most, availableParallelism());
});

test('gated: whoever has one slow job to do gets past those that others have waiting', async () => {
  const jobs = new Jobs();
  const [greedy, modest] = [anIsolate(), anIsolate()];
  let left = 50;
  const all = Promise.all(Array.from({ length: left }, () => gated(greedy, 0, 'slow', 0, jobs.job).then(() => left--)));
  // Others fill the processors.
  const filler = Promise.all(Array.from({ length: availableParallelism() }, () => gated(anIsolate(), 0, 'slow', 0, jobs.job)));
  let leftWhenDone = 0;
  const done = gated(modest, 0, 'slow', 0, jobs.job).then(() => {
    leftWhenDone = left;
  });
  await jobs.endAll(Promise.all([all, filler, done]));
  assert.ok(leftWhenDone > 40, `${leftWhenDone} of the others were left`);
});

test('gated: short jobs get past slow ones', async () => {
  const jobs = new Jobs();
  const isolate = anIsolate();
  const slow = gated(isolate, 0, 'slow', 0, jobs.job);
  assert.equal(await gated(isolate, 0, 'short', 0, async () => 'done'), 'done');
  await jobs.endAll(slow);
});
