/**
 * Looking at an object without running its getters.
 *
 * A Proxy cannot be told from its target, so its traps may run here; what they throw is caught by
 * the caller, `inspect`.
 */
import { ObjectGetPrototypeOf, ReflectGetOwnPropertyDescriptor, SymbolToStringTag } from '../primordials.ts';

/** The value of a data property of an object or of its prototypes; undefined where there is a getter. */
export function dataProperty(object: object, key: PropertyKey): unknown {
  for (let it: object | null = object; it !== null; it = ObjectGetPrototypeOf(it) as object | null) {
    const found = ReflectGetOwnPropertyDescriptor(it, key);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** Name of the class that made the object; null when nothing on its prototype chain has one. */
export function constructorName(object: object): string | null {
  for (let it: object | null = object; it !== null; it = ObjectGetPrototypeOf(it) as object | null) {
    const found: unknown = ReflectGetOwnPropertyDescriptor(it, 'constructor')?.value;
    if (typeof found !== 'function') continue;
    const name: unknown = ReflectGetOwnPropertyDescriptor(found, 'name')?.value;
    if (typeof name === 'string' && name !== '') return name;
  }
  return null;
}

/** What `Symbol.toStringTag` says, where it is a plain string. */
export function tagOf(object: object): string {
  const tag = dataProperty(object, SymbolToStringTag);
  return typeof tag === 'string' ? tag : '';
}
