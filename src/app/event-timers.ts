/**
 * The timers that an event has on the host, by the isolate's numbers.
 *
 * Contract: they come due in the order of the times they were set for, and of those set for the same time in the order they
 * were set. Node keeps a list for each length, takes 1 for 0, and looks at the lists one after the other.
 */
type Timer = { number: number; at: number; handle: NodeJS.Timeout };

export class EventTimers {
  /** Most events have none. */
  #timers: Map<number, Timer> | undefined;
  /** Those that are not due yet, in their order. */
  #order: Timer[] = [];

  /** Those that are running, or due and not taken yet. */
  get size(): number {
    return this.#timers?.size ?? 0;
  }

  /** @param from the time in the isolate when it was set, in milliseconds: it stands still while code runs */
  start(number: number, from: number, milliseconds: number, due: (timer: number) => void): void {
    this.#timers ??= new Map();
    const timer: Timer = { number, at: from + milliseconds, handle: setTimeout(() => this.#fire(timer, due), milliseconds) };
    this.#timers.set(number, timer);
    this.#order.splice(this.#placeOf(timer.at), 0, timer);
  }

  /** Behind all that come due no later. */
  #placeOf(at: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle] as Timer).at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What was to come before it is due, too. */
  #fire(timer: Timer, due: (timer: number) => void): void {
    for (const each of this.#order.splice(0, this.#order.indexOf(timer) + 1)) {
      clearTimeout(each.handle);
      due(each.number);
    }
  }

  /** One that is due is about to run. False where it has been cancelled, or went with the event. */
  take(number: number): boolean {
    return this.#timers?.delete(number) === true;
  }

  cancel(number: number): void {
    const timer = this.#timers?.get(number);
    if (timer === undefined) return;
    clearTimeout(timer.handle);
    this.#timers?.delete(number);
    const at = this.#order.indexOf(timer);
    if (at !== -1) this.#order.splice(at, 1);
  }

  cancelAll(): void {
    if (this.#timers === undefined) return;
    for (const { handle } of this.#order) clearTimeout(handle);
    this.#timers = undefined;
    this.#order = [];
  }
}
