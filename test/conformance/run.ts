/** Runs tests, several at a time: one isolate for each, gone when it has answered. */
import { createHash } from 'node:crypto';
import { bundleTest, deadlineOf } from './bundle.ts';
import type { Engine } from './engine.ts';
import type { Test } from './inventory.ts';
import type { Suite } from './suite.ts';

/** The name under which a file's own failure (error, time-out, crash) is listed among its subtests. */
export const WHOLE_FILE = '(file)';

export type Subtest = { readonly name: string; readonly passed: boolean; readonly message: string };

export type Outcome = {
  readonly test: Test;
  /** What failed as a whole: the harness, the worker, or its bundling. */
  readonly error: string | undefined;
  readonly subtests: readonly Subtest[];
  readonly milliseconds: number;
};

export type RunOptions = {
  readonly suite: Suite;
  readonly engine: Engine;
  /** Where the suite's files are, as `http://host:port`. */
  readonly origin: string;
  readonly jobs: number;
  onOutcome(outcome: Outcome, done: number): void;
};

/** How much longer than its own deadline a test may take to say so. */
const GRACE_MS = 8000;
const HARNESS_STATUS = ['ok', 'error', 'timeout', 'precondition failed'];
const PASSED = 0;

export async function runTests(tests: readonly Test[], options: RunOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = tests.values();
  const next = async (): Promise<void> => {
    for (const test of queue) {
      const outcome = await runTest(test, options);
      outcomes.push(outcome);
      options.onOutcome(outcome, outcomes.length);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, next));
  return outcomes;
}

async function runTest(test: Test, options: RunOptions): Promise<Outcome> {
  const started = performance.now();
  const result = (error: string | undefined, subtests: readonly Subtest[] = []): Outcome => {
    return { test, error, subtests, milliseconds: Math.round(performance.now() - started) };
  };
  const name = `t${createHash('sha256')
    .update(test.path + test.variant)
    .digest('hex')
    .slice(0, 12)}`;
  try {
    const bundle = await bundleTest(options.suite, test, options.origin);
    for (let attempt = 1; ; attempt++) {
      const deaths = options.engine.deaths;
      await options.engine.add(name, bundle);
      try {
        const { error, subtests } = await ask(options.engine, name, test);
        return result(error, subtests);
      } catch (error) {
        // Where an engine has died, another test may have done it: who does it twice did it.
        if (options.engine.deaths === deaths || attempt === 2) throw error;
      } finally {
        await options.engine.remove(name);
      }
    }
  } catch (error) {
    return result(error instanceof Error ? error.message : String(error));
  }
}

async function ask(engine: Engine, name: string, test: Test): Promise<{ error: string | undefined; subtests: Subtest[] }> {
  const { status, text } = await engine.get(name, deadlineOf(test) + GRACE_MS);
  if (status !== 200) throw new Error(`status ${status}: ${text.slice(0, 200)}`);
  const { harness, tests } = JSON.parse(text) as Report;
  const subtests = tests.map((each) => ({ name: each.name, passed: each.status === PASSED, message: each.message ?? '' }));
  const error = harness.status === 0 ? undefined : `${HARNESS_STATUS[harness.status] ?? harness.status}: ${harness.message ?? ''}`;
  return { error, subtests };
}

/** As inside.js answers. */
type Report = {
  harness: { status: number; message: string | null };
  tests: { name: string; status: number; message: string | null }[];
};
