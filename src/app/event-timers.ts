/** The timers that an event has on the host, by the isolate's numbers. */
export class EventTimers {
  /** Most events have none. */
  #timers: Map<number, NodeJS.Timeout> | undefined;

  /** Those that are running, or due and not taken yet. */
  get size(): number {
    return this.#timers?.size ?? 0;
  }

  start(timer: number, milliseconds: number, due: () => void): void {
    this.#timers ??= new Map();
    this.#timers.set(timer, setTimeout(due, milliseconds));
  }

  /** One that is due is about to run. False where it has been cancelled, or went with the event. */
  take(timer: number): boolean {
    return this.#timers?.delete(timer) === true;
  }

  cancel(timer: number): void {
    clearTimeout(this.#timers?.get(timer));
    this.#timers?.delete(timer);
  }

  cancelAll(): void {
    if (this.#timers === undefined) return;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers = undefined;
  }
}
