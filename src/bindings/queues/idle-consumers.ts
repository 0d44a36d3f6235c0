/**
 * Consumers that have found nothing and wait a moment for what may come: who is there already is not to be called for.
 *
 * Contract: whoever waits is answered, with a batch or with the nothing that was found; whoever is gone is handed nothing,
 * also by a demand of theirs that comes in later.
 */
import type { Batch, Demand } from './messages.ts';

/** A consumer that waits. */
export type Idle = {
  demand: Demand;
  nothing: Batch;
  resolve: (batch: Batch | Promise<Batch>) => void;
  timer: NodeJS.Timeout;
  /** It has a batch, which is about to be committed. */
  isServed: boolean;
};

/** Owners who are gone, whose demands may still be on their way. */
const MOST_GONE = 1000;
/** Waiting saves work, and nobody has to. */
const MOST_IDLE = 500;

export class IdleConsumers {
  readonly #again: (demand: Demand) => Promise<Batch>;
  readonly #idle = new Set<Idle>();
  readonly #gone = new Set<string>();

  /** @param again asks for a batch as if the consumer had asked just now */
  constructor(again: (demand: Demand) => Promise<Batch>) {
    this.#again = again;
  }

  /** As many wait as may. */
  get isFull(): boolean {
    return this.#idle.size >= MOST_IDLE;
  }

  /** Has a consumer wait for as long as it wants to. @param nothing what was found for it @returns what it is answered */
  wait(demand: Demand, nothing: Batch): Promise<Batch> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(idle, nothing), demand.waitMs).unref();
      const idle: Idle = { demand, nothing, resolve, timer, isServed: false };
      this.#idle.add(idle);
    });
  }

  /** Who has waited longest for a batch of a queue. */
  first(queue: string): Idle | undefined {
    for (const idle of this.#idle) if (idle.demand.queue === queue && !idle.isServed) return idle;
    return undefined;
  }

  /** A batch of a queue is due. @returns whether somebody has waited for it, and asks for it now */
  wake(queue: string): boolean {
    const idle = this.first(queue);
    if (idle !== undefined) this.end(idle, this.#again(idle.demand));
    return idle !== undefined;
  }

  /** A consumer's wait is over. @param batch what it is answered */
  end(idle: Idle, batch: Batch | Promise<Batch>): void {
    clearTimeout(idle.timer);
    this.#idle.delete(idle);
    idle.resolve(batch);
  }

  /** These are gone. */
  dismiss(owner: string): void {
    this.#gone.add(owner);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= MOST_GONE) break;
      this.#gone.delete(oldest);
    }
    for (const idle of this.#idle) if (idle.demand.owner === owner) this.end(idle, idle.nothing);
  }

  isGone(owner: string): boolean {
    return this.#gone.has(owner);
  }

  /** Nobody is to wait any longer. */
  clear(): void {
    for (const idle of this.#idle) this.end(idle, idle.nothing);
  }
}
