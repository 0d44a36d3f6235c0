/**
 * The short way for values: what JSON carries unchanged travels as text, which the engine writes, reads and passes on
 * faster than bytes.
 *
 * Contract: a value goes this way only if it arrives exactly as structured cloning would have it: no undefined, no
 * negative zero, no hole, no object met twice. Large graphs are not even tried.
 */
import { hasToJson } from '../../json-text.ts';
import { ArrayIsArray, ArrayPrototype, JSONStringify, NumberIsFinite, ObjectGetPrototypeOf, ObjectIs, ObjectKeys, ObjectPrototype } from '../../primordials.ts';

const MOST_OBJECTS = 32;
const MOST_DEPTH = 8;

/** The value as JSON text; undefined where JSON is not enough. */
export function plainText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      return NumberIsFinite(value) && !ObjectIs(value, -0) ? `${value}` : undefined;
    case 'string':
      return JSONStringify(value);
    case 'object': {
      if (value === null) return 'null';
      // An app that has given all arrays or objects a `toJSON` gets the long way.
      if (hasToJson()) return undefined;
      const seen: object[] = [];
      return isPlain(value, seen, 0) ? JSONStringify(value) : undefined;
    }
    default:
      return undefined;
  }
}

/** Is it made of plain objects, arrays and primitives only? */
const isPlain = (value: unknown, seen: object[], depth: number): boolean => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return NumberIsFinite(value) && !ObjectIs(value, -0);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth === MOST_DEPTH || seen.length === MOST_OBJECTS) return false;
  for (let i = 0; i < seen.length; i++) if (seen[i] === value) return false;
  seen[seen.length] = value as object;
  const isArray = ArrayIsArray(value);
  if (ObjectGetPrototypeOf(value) !== (isArray ? ArrayPrototype : ObjectPrototype)) return false;
  const keys = ObjectKeys(value as object);
  if (isArray && (keys.length !== (value as unknown[]).length || (keys.length > 0 && keys[keys.length - 1] !== `${keys.length - 1}`))) return false;
  for (let i = 0; i < keys.length; i++) if (!isPlain((value as Record<string, unknown>)[keys[i] as string], seen, depth + 1)) return false;
  return true;
};
