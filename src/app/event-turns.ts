/**
 * The turns of one event that are on their way into the isolate or under way there.
 *
 * A turn has come to something when it has called the host, or the event has its answer. Of a watched turn that is known when
 * its end is heard of. A light turn is taken to be over by it, and its end is heard of much later; see isolate/turns.ts.
 */
export class EventTurns {
  #watched = 0;
  #light = 0;
  /** Light turns that have brought nothing yet. */
  #open = 0;
  /** The watched turn that was entered last has called the host; and how many before it have whose end has not been heard of. */
  #hasCalled = false;
  #haveCalled = 0;

  /** Watched turns. */
  get watched(): number {
    return this.#watched;
  }

  /** Light turns whose end has not been heard of. */
  get light(): number {
    return this.#light;
  }

  started(): void {
    if (this.#hasCalled && this.#watched > 0) this.#haveCalled++;
    this.#hasCalled = false;
    this.#watched++;
  }

  lightStarted(): void {
    this.#light++;
    this.#open++;
  }

  /** The event calls the host. */
  called(): void {
    this.#hasCalled = true;
  }

  /** A call or the answer has come: whether this is what a light turn was run for. */
  takeLight(): boolean {
    if (this.#open === 0) return false;
    this.#open--;
    return true;
  }

  /** The end of a turn is heard of: whether it has called the host. */
  ended(isLight: boolean): boolean {
    if (isLight) return this.#lightEnded();
    this.#watched--;
    if (this.#haveCalled === 0) return this.#hasCalled;
    this.#haveCalled--;
    return true;
  }

  /** Turns end in their order: while fewer are open than are under way, the one that ends has brought something. */
  #lightEnded(): boolean {
    const hasCalled = this.#open < this.#light;
    this.#light--;
    this.#open = Math.min(this.#open, this.#light);
    return hasCalled;
  }
}
