/** What a router knows of resources: which worker had one last, and what that one has left for whoever has it next. */

const MOST_KNOWN = 5000;

export class KnownResources<Worker> {
  /** The one that had its turn last is the last. */
  readonly #known = new Map<string, { worker: Worker; handover: string }>();

  workerOf(key: string): Worker | undefined {
    return this.#known.get(key)?.worker;
  }

  /** Empty where nothing was left, or where that was long ago. */
  handoverOf(key: string): string {
    return this.#known.get(key)?.handover ?? '';
  }

  give(key: string, worker: Worker): void {
    const known = this.#known.get(key) ?? { worker, handover: '' };
    known.worker = worker;
    this.#known.delete(key);
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(key, known);
  }

  leave(key: string, handover: string): void {
    const known = this.#known.get(key);
    if (known !== undefined) known.handover = handover;
  }
}
