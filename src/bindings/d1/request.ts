/** What an isolate sends: a JSON array of statements, each its text and its values. Everything about it may be wrong. */
import { D1Failure } from './errors.ts';

export type Value = number | string | null | Uint8Array;
export type Query = { sql: string; params: readonly Value[] };

/** Statements of one batch. */
const MOST_QUERIES = 10_000;

const wrong = (): D1Failure => new D1Failure('Invalid request.');

/** @throws D1Failure */
export function parseQueries(text: string): Query[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (!Array.isArray(value) || value.length > MOST_QUERIES) throw wrong();
  return value.map((one: unknown) => {
    if (!Array.isArray(one) || typeof one[0] !== 'string' || !Array.isArray(one[1])) throw wrong();
    return { sql: one[0], params: one[1].map(toValue) };
  });
}

function toValue(value: unknown): Value {
  if (value === null || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  // Bytes come as an array of numbers, of which the whole part counts.
  if (Array.isArray(value) && value.every(isByte)) return Uint8Array.from(value);
  throw wrong();
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 256;
}
