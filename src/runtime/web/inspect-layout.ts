/**
 * An object's parts on one line where they fit, else one per line; many short items in filled lines.
 */
import { ArrayPrototypeJoin, StringPrototypeIncludes, StringPrototypeRepeat } from '../primordials.ts';
import { columns } from './inspect-text.ts';

/** Columns a line should not exceed. */
const WIDTH = 76;

/** An object's text, not yet laid out. `fill`: its parts are items without keys. */
export type Body = { prefix: string; open: string; close: string; parts: readonly string[]; fill: boolean };

export function layOut(it: { colors: boolean; indent: number }, { prefix, open, close, parts, fill }: Body): string {
  const start = prefix !== '' && open !== '' ? `${prefix} ` : prefix;
  if (parts.length === 0) return `${start}${open}${close}`;
  let width = columns(start, it.colors) + it.indent + 4 + 2 * (parts.length - 1);
  let longest = 0;
  let isFlat = !StringPrototypeIncludes(prefix, '\n');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    const length = columns(part, it.colors);
    width += length;
    // "... 3 more items" at the end may be longer than an item.
    if (length > longest && i < parts.length - 1) longest = length;
    if (StringPrototypeIncludes(part, '\n')) isFlat = false;
  }
  if (isFlat && width <= WIDTH) return `${start}${open} ${ArrayPrototypeJoin(parts, ', ')} ${close}`;
  const indent = StringPrototypeRepeat(' ', it.indent + 2);
  const body = fill && isFlat && parts.length > 6 && longest <= 16 ? filled(it, parts, longest, indent) : ArrayPrototypeJoin(parts, `,\n${indent}`);
  return `${start}${open}\n${indent}${body}\n${StringPrototypeRepeat(' ', it.indent)}${close}`;
}

/** Columns as wide as the widest item; strings are set left, all else right. */
const filled = (it: { colors: boolean; indent: number }, parts: readonly string[], widest: number, indent: string): string => {
  const perLine = (WIDTH - it.indent - 2) / (widest + 2) || 1;
  const isText = StringPrototypeIncludes(parts[0] as string, "'");
  let text = '';
  for (let i = 0, column = 1; i < parts.length; i++, column++) {
    const part = parts[i] as string;
    if (i === parts.length - 1) return text + part;
    const space = StringPrototypeRepeat(' ', widest - columns(part, it.colors));
    text += `${isText ? part : space + part},`;
    if (column >= perLine - 1) {
      text += `\n${indent}`;
      column = 0;
    } else text += isText ? `${space} ` : ' ';
  }
  return text;
};
