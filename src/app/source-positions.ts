/**
 * What a source map says of positions in a module: which place of which source each has come from.
 *
 * Contract: a map is the tenant's, and is read on the thread that serves everybody. Reading takes time in proportion to its
 * length and keeps 20 bytes of each segment, a fifth of what Node's own SourceMap keeps; one that is too long is not read.
 * Maps of maps ("sections") are none that the builder makes.
 * @see https://tc39.es/ecma426/
 */

/** Characters of a map's text. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < DIGITS.length; i++) VALUES[DIGITS.charCodeAt(i)] = i;
const COMMA = 44;
const SEMICOLON = 59;
/** Line and column in the module; source, line and column where that has come from. A source below zero: from nowhere. */
const FIELDS = 5;
const MOST_SHIFT = 30;

export type SourcePosition = { source: string; line: number; column: number };

export class SourcePositions {
  readonly #sources: readonly unknown[];
  readonly #segments: Int32Array;

  /** @param text of a source map @throws Error for what is none */
  constructor(text: string) {
    if (text.length > MOST_CHARACTERS) throw new Error('a source map that is too long');
    const { sources, mappings } = JSON.parse(text) as { sources?: unknown; mappings?: unknown };
    if (!Array.isArray(sources) || typeof mappings !== 'string') throw new Error('no source map');
    this.#sources = sources;
    this.#segments = read(mappings);
  }

  /** Where a position comes from; all numbers count from 0. Undefined where the map does not say. */
  find(line: number, column: number): SourcePosition | undefined {
    const segments = this.#segments;
    let low = 0;
    let high = segments.length / FIELDS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * FIELDS;
      const isAfter = (segments[at] as number) > line || (segments[at] === line && (segments[at + 1] as number) > column);
      if (isAfter) high = middle;
      else low = middle + 1;
    }
    const at = (low - 1) * FIELDS;
    const source = at < 0 ? undefined : this.#sources[segments[at + 2] as number];
    return typeof source === 'string' ? { source, line: segments[at + 3] as number, column: segments[at + 4] as number } : undefined;
  }
}

function count(mappings: string): number {
  let segments = 1;
  for (let i = 0; i < mappings.length; i++) {
    const code = mappings.charCodeAt(i);
    if (code === COMMA || code === SEMICOLON) segments++;
  }
  return segments;
}

function read(mappings: string): Int32Array {
  const segments = new Int32Array(count(mappings) * FIELDS);
  /** Column, source, line and column there, name: all but the first go on from one line to the next. */
  const sums = new Int32Array(FIELDS);
  let [at, line, field, value, shift] = [0, 0, 0, 0, 0];
  for (let i = 0; i <= mappings.length; i++) {
    const code = i === mappings.length ? SEMICOLON : mappings.charCodeAt(i);
    if (code === COMMA || code === SEMICOLON) {
      if (shift !== 0) throw new Error('no source map');
      if (field > 0) {
        segments[at] = line;
        segments[at + 1] = sums[0] as number;
        segments[at + 2] = field < 4 ? -1 : (sums[1] as number);
        segments[at + 3] = sums[2] as number;
        segments[at + 4] = sums[3] as number;
        at += FIELDS;
      }
      field = 0;
      if (code === SEMICOLON) {
        line++;
        sums[0] = 0;
      }
      continue;
    }
    const digit = VALUES[code] ?? -1;
    if (digit < 0 || shift > MOST_SHIFT || field === FIELDS) throw new Error('no source map');
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    sums[field] = (sums[field] as number) + ((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    field++;
    value = 0;
    shift = 0;
  }
  return segments.subarray(0, at);
}
