/**
 * Handles: small integers that stand for host objects inside one isolate.
 *
 * Contract, binding on changes to this file: a handle means something only to the isolate that got
 * it; numbers are never reused within an isolate, so a stale handle is "unknown", not "another's".
 */
import { Numbered } from '../base/numbered.ts';

export class Handles {
  #next = 1;
  readonly #objects = new Numbered<object>();

  /** Registers an object and returns its number. */
  add(object: object): number {
    const handle = this.#next++;
    this.#objects.set(handle, object);
    return handle;
  }

  /** The object behind a handle if it is an instance of `type`, else undefined. `handle` may be anything. */
  get<T extends object>(handle: unknown, type: abstract new (...args: never[]) => T): T | undefined {
    const object = this.#objects.get(handle);
    return object instanceof type ? object : undefined;
  }

  /** Forgets a handle and returns what it stood for. */
  remove(handle: unknown): object | undefined {
    return this.#objects.delete(handle);
  }

  /** Every object, for the disposal of the isolate. */
  values(): object[] {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }
}
