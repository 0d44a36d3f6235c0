/**
 * Objects and functions of this isolate that others may call, by the numbers they have been given.
 *
 * Contract: a number is given once and means one object until the host says that nobody has a stub of it any more, or
 * its event is over; the object's disposer runs when the last reference has gone, once.
 */
import { currentEvent } from '../../bridge.ts';
import { FunctionPrototypeCall, MapCtor, MapPrototypeDelete, MapPrototypeForEach, MapPrototypeGet, MapPrototypeSet, SymbolCtor } from '../../primordials.ts';
import { reportException } from '../../web/report-error.ts';

/** `Symbol.dispose`, which may not exist yet while the start-up snapshot is made. */
export const disposeSymbol = (): symbol => (SymbolCtor as unknown as { dispose: symbol }).dispose;

export class Held {
  readonly target: object;
  /** Its own properties may be called: it is a plain object or a function, no instance of a class. */
  readonly ownAllowed: boolean;
  #references = 1;

  constructor(target: object, ownAllowed: boolean) {
    this.target = target;
    this.ownAllowed = ownAllowed;
  }

  add(): void {
    this.#references++;
  }

  drop(): void {
    if (--this.#references > 0) return;
    try {
      const dispose: unknown = (this.target as Record<symbol, unknown>)[disposeSymbol()];
      if (typeof dispose === 'function') FunctionPrototypeCall(dispose as never, this.target);
    } catch (error) {
      reportException(error);
    }
  }
}

const lent = new MapCtor<number, { event: number; held: Held }>();
let next = 1;

/** Gives a reference away. @returns the number the other side has it by */
export function lend(held: Held): number {
  const target = next++;
  MapPrototypeSet(lent, target, { event: currentEvent(), held });
  return target;
}

/** What a number stands for, among what the event has lent. */
export function heldAt(event: number, target: number): Held | undefined {
  const entry = MapPrototypeGet(lent, target);
  return entry?.event === event ? entry.held : undefined;
}

/** Nobody has a stub of it any more. */
export function takeBack(target: number): void {
  const entry = MapPrototypeGet(lent, target);
  MapPrototypeDelete(lent, target);
  entry?.held.drop();
}

/** Has the event lent anything? */
export function hasLent(event: number): boolean {
  let found = false;
  MapPrototypeForEach(lent, (entry) => {
    if (entry.event === event) found = true;
  });
  return found;
}

/** The event is over, and everything that was lent in it. */
export function takeBackAll(event: number): void {
  const targets: number[] = [];
  MapPrototypeForEach(lent, (entry, target) => {
    if (entry.event === event) targets[targets.length] = target;
  });
  for (let i = 0; i < targets.length; i++) takeBack(targets[i] as number);
}
