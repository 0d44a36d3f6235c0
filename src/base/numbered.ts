/**
 * Things by number, where many come and go.
 *
 * A Map would do, but for its garbage (decision 25): V8 leaves an outgrown table pointing to the next one. Once a table has become old
 * before it was outgrown, it keeps the next, which keeps the next, each with all that was in it: whatever passes through
 * survives every scavenge, is moved to the old space, and goes with the next full collection only. Here what is outgrown
 * points to nothing newer, and a number is found by itself or a few places behind.
 */
const LEAST = 16;
/** Places that are given back once there is nothing in them. */
const MANY = 1024;

export class Numbered<T extends object> {
  /** Zero: nothing is here. */
  #numbers: number[] = [];
  #things: (T | undefined)[] = [];
  #size = 0;

  constructor() {
    this.#makeRoom(LEAST);
  }

  get size(): number {
    return this.#size;
  }

  /** @param number anything; what is no number of these finds nothing */
  get(number: unknown): T | undefined {
    const at = this.#find(number);
    return at === -1 ? undefined : this.#things[at];
  }

  /** @param number an integer but zero @throws RangeError for zero */
  set(number: number, thing: T): void {
    if (number === 0) throw new RangeError('No thing has the number zero.');
    const known = this.#find(number);
    if (known !== -1) {
      this.#things[known] = thing;
      return;
    }
    if (this.#size * 2 >= this.#numbers.length) this.#grow();
    this.#put(number, thing);
    this.#size++;
  }

  /** @returns what it was, where it was there */
  delete(number: unknown): T | undefined {
    let hole = this.#find(number);
    if (hole === -1) return undefined;
    const numbers = this.#numbers;
    const things = this.#things;
    const thing = things[hole];
    const mask = numbers.length - 1;
    // What stands behind because this place was taken moves up.
    for (let at = (hole + 1) & mask; numbers[at] !== 0; at = (at + 1) & mask) {
      const distance = (at - (numbers[at] as number)) & mask;
      if (distance < ((at - hole) & mask)) continue;
      numbers[hole] = numbers[at] as number;
      things[hole] = things[at];
      hole = at;
    }
    numbers[hole] = 0;
    things[hole] = undefined;
    this.#size--;
    if (this.#size === 0 && numbers.length > MANY) this.#makeRoom(LEAST);
    return thing;
  }

  /** Is it so for one of them? */
  some(test: (thing: T) => boolean): boolean {
    return this.#things.some((thing) => thing !== undefined && test(thing));
  }

  /** All there are now, in no order. */
  values(): T[] {
    return this.#things.filter((thing) => thing !== undefined);
  }

  #find(number: unknown): number {
    if (typeof number !== 'number') return -1;
    const numbers = this.#numbers;
    const mask = numbers.length - 1;
    for (let at = number & mask; numbers[at] !== 0; at = (at + 1) & mask) if (numbers[at] === number) return at;
    return -1;
  }

  #put(number: number, thing: T): void {
    const mask = this.#numbers.length - 1;
    let at = number & mask;
    while (this.#numbers[at] !== 0) at = (at + 1) & mask;
    this.#numbers[at] = number;
    this.#things[at] = thing;
  }

  #grow(): void {
    const numbers = this.#numbers;
    const things = this.#things;
    this.#makeRoom(numbers.length * 2);
    for (const [at, number] of numbers.entries()) if (number !== 0) this.#put(number, things[at] as T);
  }

  /** @param places a power of two */
  #makeRoom(places: number): void {
    this.#numbers = new Array<number>(places).fill(0);
    this.#things = new Array<T | undefined>(places).fill(undefined);
  }
}
