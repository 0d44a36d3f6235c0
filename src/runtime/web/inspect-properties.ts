/**
 * An object's own properties as text.
 */
import { ArrayPrototypePush, ReflectGetOwnPropertyDescriptor, ReflectOwnKeys } from '../primordials.ts';
import { keyText, paint } from './inspect-text.ts';
import { type Inspection, MAX_ITEMS, MAX_STRING } from './inspection.ts';

/** `key: value` of each enumerable own property, getters only named. */
export function properties(it: Inspection, value: object, skip?: (key: PropertyKey) => boolean, parts: string[] = []): string[] {
  const keys = ReflectOwnKeys(value);
  let shown = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    if (skip?.(key)) continue;
    const found = ReflectGetOwnPropertyDescriptor(value, key);
    if (found?.enumerable !== true) continue;
    if (shown++ === MAX_ITEMS || it.left <= 0) {
      ArrayPrototypePush(parts, more(keys.length - i, 'propert', 'y', 'ies'));
      break;
    }
    ArrayPrototypePush(parts, `${keyText(key, MAX_STRING, it.colors)}: ${propertyText(it, found)}`);
  }
  return parts;
}

/** The line for what is left out. */
export const more = (count: number, word = 'item', one = '', many = 's'): string => `... ${count} more ${word}${count === 1 ? one : many}`;

export const propertyText = (it: Inspection, { value, get, set }: PropertyDescriptor): string => {
  if (get === undefined && set === undefined) return inner(it, value);
  return paint(set === undefined ? '[Getter]' : get === undefined ? '[Setter]' : '[Getter/Setter]', 'special', it.colors);
};

/** A value one level further in. */
export const inner = (it: Inspection, value: unknown): string => {
  it.indent += 2;
  const text = it.format(value);
  it.indent -= 2;
  return text;
};
