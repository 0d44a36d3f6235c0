/**
 * How many isolates run at a time.
 *
 * isolated-vm's pool has a thread more than the machine has processors. An entry that finds all of them busy gets a
 * thread made for it and thrown away after it, which costs more than most turns do; and more isolates at work than
 * processors only evict each other from the caches. So isolates line up here, on the I/O thread, and one goes in as
 * another comes out.
 *
 * Nobody is kept waiting by one that stays: who is inside for longer than `PATIENCE_MS` is not counted any more, and
 * runs on beside the others, as the kernel shares the processors out.
 */
import { availableParallelism } from 'node:os';

/** An isolate, as the gate knows it. */
export interface Visitor {
  /** It may go in now. */
  admitted(): void;
  /** It has been inside for long, and others wait. */
  overstayed(): void;
}

const PATIENCE_MS = 2;

export class ThreadGate {
  readonly #most: number;
  /** Who is inside, and since when. A few, and none for long: a Map would leave a table behind for every few that pass; see base/numbered.ts. */
  readonly #inside: Visitor[] = [];
  readonly #since: number[] = [];
  readonly #overdue = new Set<Visitor>();
  #line: Visitor[] = [];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param most isolates inside at a time, at least 1 */
  constructor(most: number) {
    this.#most = most;
  }

  /** Asks to go in. False: `admitted` is called when it may; until then it must not ask again. */
  enter(visitor: Visitor): boolean {
    if (this.#next === this.#line.length && this.#inside.length < this.#room) {
      this.#letIn(visitor);
      return true;
    }
    this.#line.push(visitor);
    this.#timer ??= setTimeout(this.#review, PATIENCE_MS);
    return false;
  }

  /** Who was let in has come out. */
  leave(visitor: Visitor): void {
    if (this.#overdue.size === 0 || !this.#overdue.delete(visitor)) this.#letOut(visitor);
    this.#admit();
  }

  /** Those who stay too long have a thread each; there is always room for one more. */
  get #room(): number {
    return Math.max(1, this.#most - this.#overdue.size);
  }

  #admit(): void {
    while (this.#next < this.#line.length && this.#inside.length < this.#room) {
      const visitor = this.#line[this.#next++] as Visitor;
      if (this.#next === this.#line.length || this.#next === 1024) {
        this.#line = this.#line.slice(this.#next);
        this.#next = 0;
      }
      this.#letIn(visitor);
      visitor.admitted();
    }
  }

  #letIn(visitor: Visitor): void {
    this.#inside.push(visitor);
    this.#since.push(performance.now());
  }

  /** False where it was not inside. */
  #letOut(visitor: Visitor): boolean {
    const at = this.#inside.indexOf(visitor);
    const last = this.#inside.length - 1;
    if (at === -1) return false;
    this.#inside[at] = this.#inside[last] as Visitor;
    this.#since[at] = this.#since[last] as number;
    this.#inside.length = last;
    this.#since.length = last;
    return true;
  }

  readonly #review = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const overdue = this.#inside.filter((_, at) => now - (this.#since[at] as number) >= PATIENCE_MS);
    for (const visitor of overdue) {
      if (!this.#letOut(visitor)) continue;
      this.#overdue.add(visitor);
      visitor.overstayed();
    }
    this.#admit();
    if (this.#next < this.#line.length) this.#timer ??= setTimeout(this.#review, PATIENCE_MS);
  };
}

/** isolated-vm's pool is one for the whole process, and so is its gate. */
export const threadGate = new ThreadGate(availableParallelism());
