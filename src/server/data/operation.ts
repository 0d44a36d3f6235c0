/** What an operation on stored data is: its arguments, which are hostile until checked, and what it does. */
import { z } from 'zod';
import { type DataAnswer, type DataBody, DataError } from '../../ports/stored-data.ts';
import type { BindingType } from '../../protocol/bindings.ts';
import type { Stores } from '../../ports/stores.ts';

/** What an operation works on. */
export type DataPlace = {
  dataDir: string;
  group: string;
  stores: Stores;
  fsync: 'full' | 'normal';
  /** Whether an app of the group has a binding to it; absent where nobody knows of apps. */
  isBound?(type: BindingType, id: string): boolean;
};

export type Operation = {
  args: z.ZodType;
  /** What must be there already; where it is not, a server says so instead of making it. */
  needs?: (args: never) => Needed;
  run(place: DataPlace, args: never, body: DataBody): Promise<DataAnswer>;
};

/** A store that an operation only looks into. */
export type Needed = { product: 'kv' | 'd1'; id: string };

/** An operation whose arguments have the type that their check gives them. */
export function operation<Args>(spec: {
  args: z.ZodType<Args>;
  needs?: (args: Args) => Needed;
  run(place: DataPlace, args: Args, body: DataBody): Promise<DataAnswer>;
}): Operation {
  return spec as Operation;
}

const MOST_ID = 512;
/** Ids, names, keys: what they may hold beyond that is for their product to say. */
export const text = z.string().max(4096);
export const id = z.string().min(1).max(MOST_ID);

/** The whole of a body. @throws DataError where it is longer than `most` bytes */
export async function readAll({ stream, length }: DataBody, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = length ?? 0;
  const tooLarge = (): DataError => new DataError('invalid', `that is more than ${most / 1024 / 1024} MB at once`);
  if (size > most) throw tooLarge();
  size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > most) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** A body that is JSON. @throws DataError */
export async function readJson<Value>(body: DataBody, most: number, schema: z.ZodType<Value>): Promise<Value> {
  const bytes = await readAll(body, most);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    throw new DataError('invalid', 'the body is no JSON');
  }
  return checked(schema, value);
}

/** @throws DataError */
export function checked<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value);
  if (!result.success) throw new DataError('invalid', z.prettifyError(result.error));
  return result.data;
}
