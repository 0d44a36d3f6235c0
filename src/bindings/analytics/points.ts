/** Data points: what one is, and how much of it there may be. @see https://developers.cloudflare.com/analytics/analytics-engine/limits/ */

export const MOST_MEMBERS = 20;
export const MOST_BLOB_BYTES = 16_000;
export const MOST_INDEX_BYTES = 96;
/** Points one event may write. */
export const MOST_POINTS = 250;
/** Three months, in milliseconds. */
export const RETENTION_MS = 92 * 24 * 3600 * 1000;
/** Rows of one dataset: beyond it the oldest go. */
export const MOST_ROWS = 5_000_000;

/** Seconds since 1970, then index1, blob1 to blob20, double1 to double20. */
export type PointRow = (number | string | null)[];

const numbered = (name: string): string[] => Array.from({ length: MOST_MEMBERS }, (_, i) => `${name}${i + 1}`);
export const BLOBS: readonly string[] = numbered('blob');
export const DOUBLES: readonly string[] = numbered('double');
export const COLUMNS: readonly string[] = ['timestamp', 'index1', ...BLOBS, ...DOUBLES];

/**
 * A point as the isolate sends it: the index, how many blobs come, the blobs, the doubles.
 * @returns undefined for what no isolate of good will sends
 */
export function readPoint(args: readonly unknown[], now: number): PointRow | undefined {
  const [index, count, ...rest] = args;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MOST_MEMBERS || rest.length > count + MOST_MEMBERS) return undefined;
  const texts = [index, ...rest.slice(0, count)].map(textOf);
  if (texts.includes(undefined)) return undefined;
  const [index1 = '', ...blobs] = texts as string[];
  const doubles = rest.slice(count);
  if (doubles.some((value) => typeof value !== 'number')) return undefined;
  if (Buffer.byteLength(index1) > MOST_INDEX_BYTES || blobs.reduce((sum, blob) => sum + Buffer.byteLength(blob), 0) > MOST_BLOB_BYTES) return undefined;
  const padded = <T>(values: readonly T[], filler: T): T[] => [...values, ...Array.from({ length: MOST_MEMBERS - values.length }, () => filler)];
  return [Math.floor(now / 1000), index1, ...padded(blobs, ''), ...padded(doubles as number[], 0).map((value) => (Number.isFinite(value) ? value : 0))];
}

/** As on Cloudflare, what is missing is the empty text, and bytes are read as UTF-8. */
function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value.toWellFormed();
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) return Buffer.from(value as Uint8Array).toString('utf8');
  return undefined;
}
