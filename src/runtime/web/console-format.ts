/**
 * What console prints: the formatter and tables.
 * @see https://console.spec.whatwg.org/#formatter
 */
import {
  ArrayIsArray,
  ArrayPrototypeIncludes,
  ArrayPrototypePush,
  MathMax,
  NumberParseFloat,
  NumberParseInt,
  ObjectKeys,
  ReflectGetOwnPropertyDescriptor,
  StringCtor,
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeRepeat,
  StringPrototypeSlice,
} from '../primordials.ts';
import { isObject } from '../webidl.ts';
import { inspect } from './inspect.ts';
import { MAX_ITEMS } from './inspection.ts';

/** Where a text stops growing: console cuts it there. */
const MAX_TEXT = 65_536;

const shown = (value: unknown): string => (typeof value === 'string' ? value : inspect(value));

const numberText = (value: unknown, parse: (text: string) => number): string => {
  if (typeof value === 'bigint') return `${StringCtor(value)}n`;
  return isObject(value) || typeof value === 'symbol' ? 'NaN' : StringCtor(parse(StringCtor(value)));
};

/** The text for a specifier; undefined when it is none. Objects are inspected, never converted: no code of theirs runs. */
const substitute = (specifier: number, value: unknown): string | undefined => {
  if (specifier === 115) return isObject(value) ? inspect(value, { depth: 0 }) : typeof value === 'bigint' ? `${StringCtor(value)}n` : StringCtor(value);
  if (specifier === 100 || specifier === 105) return numberText(value, (text) => NumberParseInt(text, 10));
  if (specifier === 102) return numberText(value, NumberParseFloat);
  if (specifier === 111) return inspect(value, { depth: 4 });
  if (specifier === 79) return inspect(value);
  return specifier === 99 ? '' : undefined;
};

/** The arguments of console.log as one text. */
export function formatLog(args: readonly unknown[]): string {
  let text = '';
  let next = 0;
  if (args.length > 1 && typeof args[0] === 'string') {
    const format = args[0];
    next = 1;
    let from = 0;
    for (let at = StringPrototypeIndexOf(format, '%'); at >= 0 && at < format.length - 1; at = StringPrototypeIndexOf(format, '%', at + 2)) {
      const specifier = StringPrototypeCharCodeAt(format, at + 1);
      const replacement = specifier === 37 ? '%' : next < args.length ? substitute(specifier, args[next]) : undefined;
      if (replacement === undefined) continue;
      if (specifier !== 37) next++;
      text += StringPrototypeSlice(format, from, at) + replacement;
      from = at + 2;
    }
    text += StringPrototypeSlice(format, from);
  }
  for (let i = next; i < args.length && text.length < MAX_TEXT; i++) text += (i === 0 ? '' : ' ') + shown(args[i]);
  return text;
}

/** A row's own data: name and descriptor of each enumerable property, in order, as many as are shown. */
const ownData = (object: object, isEach: (key: string, found: PropertyDescriptor) => void): void => {
  // The items of a long array are not listed, only counted off.
  const isLong = ArrayIsArray(object) && object.length > MAX_ITEMS;
  const keys = isLong ? [] : ObjectKeys(object);
  const count = isLong || keys.length > MAX_ITEMS ? MAX_ITEMS : keys.length;
  for (let i = 0; i < count; i++) {
    const key = isLong ? StringCtor(i) : (keys[i] as string);
    const found = ReflectGetOwnPropertyDescriptor(object, key);
    if (found !== undefined) isEach(key, found);
  }
};

const cell = (found: PropertyDescriptor | undefined): string => (found === undefined ? '' : 'value' in found ? inspect(found.value, { depth: 0 }) : '[Getter]');

const VALUES = 'Values';

/**
 * A table with a line per row; undefined when the data is no object.
 * @param only the columns wanted, all when undefined
 * @see https://console.spec.whatwg.org/#table
 */
export function formatTable(data: unknown, only: readonly string[] | undefined): string | undefined {
  if (!isObject(data)) return undefined;
  const heads: string[] = ['(index)'];
  const lines: string[][] = [heads];
  if (only !== undefined) for (let i = 0; i < only.length && i < MAX_ITEMS; i++) ArrayPrototypePush(heads, only[i] as string);
  let values: string[] | undefined;
  ownData(data, (index, row) => {
    const line = [index];
    if (isObject(row.value)) {
      const fields = row.value;
      if (only === undefined) {
        ownData(fields, (key) => {
          if (!ArrayPrototypeIncludes(heads, key) && heads.length <= MAX_ITEMS) ArrayPrototypePush(heads, key);
        });
      }
      for (let i = 1; i < heads.length; i++) line[i] = cell(ReflectGetOwnPropertyDescriptor(fields, heads[i] as string));
    } else (values ??= [])[lines.length] = cell(row);
    ArrayPrototypePush(lines, line);
  });
  if (values !== undefined) {
    const at = ArrayPrototypePush(heads, VALUES) - 1;
    for (let i = 1; i < lines.length; i++) (lines[i] as string[])[at] = values[i] ?? '';
  }
  return draw(lines, heads.length);
}

const draw = (lines: readonly string[][], count: number): string => {
  const widths: number[] = [];
  for (let column = 0; column < count; column++) {
    let width = 0;
    for (let i = 0; i < lines.length; i++) width = MathMax(width, (lines[i]?.[column] ?? '').length);
    ArrayPrototypePush(widths, width);
  }
  const rule = (left: string, middle: string, right: string): string => {
    let text = left;
    for (let i = 0; i < count; i++) text += (i === 0 ? '' : middle) + StringPrototypeRepeat('─', (widths[i] as number) + 2);
    return text + right;
  };
  let text = `${rule('┌', '┬', '┐')}\n`;
  for (let i = 0; i < lines.length && text.length < MAX_TEXT; i++) {
    for (let column = 0; column < count; column++) {
      const content = lines[i]?.[column] ?? '';
      text += `│ ${content}${StringPrototypeRepeat(' ', (widths[column] as number) - content.length)} `;
    }
    text += i === 0 ? `│\n${rule('├', '┼', '┤')}\n` : '│\n';
  }
  return text + rule('└', '┴', '┘');
};
