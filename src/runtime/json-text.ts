/**
 * JSON text of what the runtime itself has put together, for the host.
 *
 * Contract: nothing of an app's runs, whatever it has done to the prototypes of objects and arrays: a `toJSON` there
 * would be asked by JSON.stringify, and could say something else.
 */
import {
  ArrayIsArray,
  ArrayPrototype,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  JSONStringify,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectKeys,
  ObjectPrototype,
} from './primordials.ts';

/** Would JSON.stringify ask a `toJSON` of every array, or of every object? */
export function hasToJson(): boolean {
  return ObjectGetPrototypeOf(ArrayPrototype) !== ObjectPrototype || ObjectHasOwn(ArrayPrototype, 'toJSON') || ObjectHasOwn(ObjectPrototype, 'toJSON');
}

/** @param value of plain objects, arrays and primitives, all of the runtime's own making */
export function jsonText(value: unknown): string {
  return hasToJson() ? write(value) : (JSONStringify(value) as string);
}

const write = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSONStringify(value) ?? 'null';
  const parts: string[] = [];
  if (ArrayIsArray(value)) {
    for (let i = 0; i < value.length; i++) ArrayPrototypePush(parts, write(value[i]));
    return `[${ArrayPrototypeJoin(parts, ',')}]`;
  }
  const names = ObjectKeys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) ArrayPrototypePush(parts, `${JSONStringify(name)}:${write(member)}`);
  }
  return `{${ArrayPrototypeJoin(parts, ',')}}`;
};
