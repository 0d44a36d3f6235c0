/**
 * How Web API objects describe themselves to `inspect`. Each chunk brings the descriptions of its own classes along.
 */
import { ArrayPrototypePush, ReflectApply, ReflectGetOwnPropertyDescriptor } from '../primordials.ts';

/** What a Web API object shows: `Name { key: value, … }`. */
export type Description = { name: string; entries: readonly (readonly [key: string, value: unknown])[] };

/** A `describe` that shows what the given getters return. They are captured now, before the app can replace them. */
export function byGetters<T extends object>(constructor: { prototype: T }, name: string, keys: readonly string[]): (value: T) => Description {
  const getters: [string, () => unknown][] = [];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const getter = ReflectGetOwnPropertyDescriptor(constructor.prototype, key)?.get;
    if (getter !== undefined) ArrayPrototypePush(getters, [key, getter as () => unknown]);
  }
  return (value) => {
    const entries: [string, unknown][] = [];
    for (let i = 0; i < getters.length; i++) {
      const { 0: key, 1: getter } = getters[i] as [string, () => unknown];
      ArrayPrototypePush(entries, [key, ReflectApply(getter, value, [])]);
    }
    return { name, entries };
  };
}
