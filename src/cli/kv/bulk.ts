/** `nano kv bulk put|get|delete FILE`: many keys at once, in the JSON files that wrangler takes. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { kvPair, type KvPair, type KvTexts, MOST_AT_ONCE } from '../../server/data/kv.ts';
import { type Command, CommandError, type CommandGroup, entry, type Parsed, printJson, UsageError } from '../command.ts';
import { textBody, valueOf } from '../data/data.ts';
import { kvCommand } from './run.ts';

/** One request takes no more: the largest value fits in as base64. */
const MOST_BYTES = 64 * 1024 * 1024;

const pairs = z.array(kvPair);
const MOST_READ = 100;
const names = z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]));

const put: Command = kvCommand({
  name: 'kv bulk put',
  summary: 'Puts the keys and values of a file: [{"key", "value", "expiration"?, "expiration_ttl"?, "metadata"?, "base64"?}, …].',
  usage: 'FILE',
  positionals: 1,
  check: file,
  run: async (call, input) => {
    const all = read(input, pairs);
    for (const batch of batches(all)) await call('put-many', {}, textBody(`[${batch.join(',')}]`));
    process.stderr.write(`${all.length} keys put\n`);
  },
});

const get: Command = kvCommand({
  name: 'kv bulk get',
  summary: 'Prints the values of the keys in a file (["key", …]) as a JSON object; null: there is none.',
  usage: 'FILE',
  positionals: 1,
  check: file,
  run: async (call, input) => {
    const all = read(input, names);
    const rows: [string, string | null][] = [];
    for (let at = 0; at < all.length; at += MOST_READ) {
      const keys = all.slice(at, at + MOST_READ);
      const found: KvTexts = valueOf(await call('get-many', {}, textBody(JSON.stringify(keys))));
      rows.push(...keys.map((key, index): [string, string | null] => [key, found[index] ?? null]));
    }
    printJson(Object.fromEntries(rows), 2);
  },
});

const remove: Command = kvCommand({
  name: 'kv bulk delete',
  summary: 'Removes the keys in a file (["key", …]).',
  usage: 'FILE',
  positionals: 1,
  options: { force: { type: 'boolean', short: 'f', help: 'without effect: nothing is asked' } },
  check: file,
  run: async (call, input) => {
    const all = read(input, names);
    for (let at = 0; at < all.length; at += MOST_AT_ONCE) await call('delete-many', {}, textBody(JSON.stringify(all.slice(at, at + MOST_AT_ONCE))));
    process.stderr.write(`${all.length} keys deleted\n`);
  },
});

/** As JSON, in pieces that a request may have. */
function* batches(all: readonly KvPair[]): Generator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const pair of all) {
    const text = JSON.stringify(pair);
    if (batch.length >= MOST_AT_ONCE || (batch.length > 0 && bytes + text.length > MOST_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(text);
    bytes += Buffer.byteLength(text);
  }
  if (batch.length > 0) yield batch;
}

function file(input: Parsed): string {
  const [path] = input.positionals;
  if (path === undefined) throw new UsageError('which file?');
  return path;
}

/** @throws CommandError where the file is not there or not what it should be */
function read<Schema extends z.ZodType>(input: Parsed, schema: Schema): z.output<Schema> {
  const path = file(input);
  try {
    return schema.parse(JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8')));
  } catch (error) {
    throw new CommandError(`${path}: ${error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message}`);
  }
}

export const bulkGroup: CommandGroup = {
  name: 'kv bulk',
  summary: 'Reads and writes many keys of a KV namespace at once.',
  commands: [put, get, remove].map(entry),
};
