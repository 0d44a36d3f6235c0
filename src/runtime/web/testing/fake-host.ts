/**
 * A host for tests: it records every op, and the test answers.
 */
import { Sync } from '../../../protocol/ops.ts';
import { attach, enterEvent, settle } from '../../bridge.ts';

export type FakeHost = {
  /** (op, event, ...arguments) of every op so far that is no answered call, in order. */
  posts: unknown[][];
  /** (op, event, call, ...arguments) of every call so far, in order. */
  calls: unknown[][];
  /** Answers the oldest call of this op that has no answer yet. */
  answer(op: number, ...values: unknown[]): void;
  /** Fails it. */
  fail(op: number, name: string, message: string): void;
  /** Forgets what was recorded. */
  clear(): void;
};

/** Attaches a new host and enters the event 7. */
export function fakeHost(): FakeHost {
  const posts: unknown[][] = [];
  const calls: unknown[][] = [];
  const answered = new Set<unknown>();
  attach(
    (...op) => {
      ((op[0] as number) < 32 ? posts : calls).push(op);
    },
    (op) => {
      // No international domain name is valid here.
      if (op === Sync.domainToAscii) return null;
      if (op === Sync.barrier) return undefined;
      throw new Error(`unexpected synchronous op ${op}`);
    },
  );
  enterEvent(7);
  const next = (op: number): number => {
    const call = calls.find((it) => it[0] === op && !answered.has(it[2]));
    if (call === undefined) throw new Error(`no call of op ${op} waits`);
    answered.add(call[2]);
    return call[2] as number;
  };
  return {
    posts,
    calls,
    answer: (op, ...values) => settle([next(op), true, values.length, ...values]),
    fail: (op, name, message) => settle([next(op), false, 2, name, message]),
    clear: () => {
      posts.length = 0;
      calls.length = 0;
    },
  };
}

/** Lets every promise reaction that is due run. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 50; i++) await undefined;
}
