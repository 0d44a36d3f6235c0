/**
 * Text of the leaves of an inspection: strings, keys, primitives; and colours.
 */
import {
  NumberPrototypeToString,
  ObjectIs,
  RegExpCtor,
  RegExpPrototypeExec,
  StringCtor,
  StringPrototypeCharCodeAt,
  StringPrototypeIncludes,
  StringPrototypePadStart,
  StringPrototypeSlice,
  SymbolPrototypeToString,
} from '../primordials.ts';

/** ANSI codes: [on, off]. */
const STYLES = {
  string: [32, 39],
  number: [33, 39],
  undefined: [90, 39],
  null: [1, 22],
  special: [36, 39],
  date: [35, 39],
  regexp: [31, 39],
} as const;
export type Style = keyof typeof STYLES;

export function paint(text: string, style: Style, colors: boolean): string {
  return colors ? `\u001b[${STYLES[style][0]}m${text}\u001b[${STYLES[style][1]}m` : text;
}

/** How many columns a text takes, colours not counted. */
export function columns(text: string, colors: boolean): number {
  let length = text.length;
  if (colors) {
    for (let i = 0; i < text.length; i++) {
      if (StringPrototypeCharCodeAt(text, i) !== 27) continue;
      const start = i;
      while (i < text.length && StringPrototypeCharCodeAt(text, i) !== 109) i++;
      length -= i - start + 1;
    }
  }
  return length;
}

/** https://tc39.es/ecma262/#prod-EscapeSequence, where one is needed */
const escapeOf = (unit: number, quote: string): string | undefined => {
  if (unit === 10) return '\\n';
  if (unit === 13) return '\\r';
  if (unit === 9) return '\\t';
  if (unit === 92) return '\\\\';
  if (unit < 32 || (unit > 126 && unit < 160)) return `\\x${StringPrototypePadStart(NumberPrototypeToString(unit, 16), 2, '0')}`;
  return unit === StringPrototypeCharCodeAt(quote, 0) ? `\\${quote}` : undefined;
};

/** A string as a literal, in the quotes that need the least escaping, cut at `limit` characters. */
export function quoted(text: string, limit: number): string {
  const shown = text.length > limit ? StringPrototypeSlice(text, 0, limit) : text;
  const quote = !StringPrototypeIncludes(shown, "'")
    ? "'"
    : !StringPrototypeIncludes(shown, '"')
      ? '"'
      : !StringPrototypeIncludes(shown, '`') && !StringPrototypeIncludes(shown, '${')
        ? '`'
        : "'";
  let result = quote;
  let from = 0;
  for (let i = 0; i < shown.length; i++) {
    const escape = escapeOf(StringPrototypeCharCodeAt(shown, i), quote);
    if (escape === undefined) continue;
    result += StringPrototypeSlice(shown, from, i) + escape;
    from = i + 1;
  }
  result += StringPrototypeSlice(shown, from) + quote;
  return shown === text ? result : `${result}... ${text.length - limit} more character${text.length - limit === 1 ? '' : 's'}`;
}

const identifier = new RegExpCtor('^[a-zA-Z_$][\\w$]*$');

/** A property's key as it is written in an object literal. */
export function keyText(key: PropertyKey, limit: number, colors: boolean): string {
  if (typeof key === 'symbol') return `[${paint(SymbolPrototypeToString(key), 'string', colors)}]`;
  const text = StringCtor(key);
  return text.length <= limit && RegExpPrototypeExec(identifier, text) !== null ? text : paint(quoted(text, limit), 'string', colors);
}

/** A primitive value, a string as a literal. */
export function primitiveText(value: unknown, limit: number, colors: boolean): string {
  if (typeof value === 'string') return paint(quoted(value, limit), 'string', colors);
  if (typeof value === 'number') return paint(ObjectIs(value, -0) ? '-0' : StringCtor(value), 'number', colors);
  if (typeof value === 'bigint') return paint(`${StringCtor(value)}n`, 'number', colors);
  if (typeof value === 'boolean') return paint(value ? 'true' : 'false', 'number', colors);
  if (typeof value === 'symbol') return paint(SymbolPrototypeToString(value), 'string', colors);
  return value === null ? paint('null', 'null', colors) : paint('undefined', 'undefined', colors);
}
