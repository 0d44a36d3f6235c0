/** `nano kv bulk put|get|delete FILE`: many keys at once, in the JSON files that wrangler takes. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Command, CommandError, type CommandGroup, entry, type Parsed, UsageError } from '../command.ts';
import { kvCommand } from './run.ts';

/** So many are under way at a time: they share commits. */
const AT_ONCE = 200;
const MOST_READ = 100;

const pairs = z.array(
  z.object({
    key: z.string(),
    value: z.string(),
    expiration: z.number().int().optional(),
    expiration_ttl: z.number().int().optional(),
    metadata: z.json().optional(),
    base64: z.boolean().optional(),
  }),
);
const names = z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]));

const put: Command = kvCommand({
  name: 'kv bulk put',
  summary: 'Puts the keys and values of a file: [{"key", "value", "expiration"?, "expiration_ttl"?, "metadata"?, "base64"?}, …].',
  usage: 'FILE',
  positionals: 1,
  check: file,
  run: async (namespace, input) => {
    const all = read(input, pairs);
    for (let at = 0; at < all.length; at += AT_ONCE) {
      await Promise.all(
        all.slice(at, at + AT_ONCE).map(({ key, value, expiration, expiration_ttl, metadata, base64 }) =>
          namespace.put(key, base64 === true ? Buffer.from(value, 'base64') : value, undefined, {
            expiration,
            expirationTtl: expiration_ttl,
            metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
          }),
        ),
      );
    }
    process.stderr.write(`${all.length} keys put\n`);
  },
});

const get: Command = kvCommand({
  name: 'kv bulk get',
  summary: 'Prints the values of the keys in a file (["key", …]) as a JSON object; null: there is none.',
  usage: 'FILE',
  positionals: 1,
  check: file,
  run: async (namespace, input) => {
    const all = read(input, names);
    const rows: [string, string | null][] = [];
    for (let at = 0; at < all.length; at += MOST_READ) {
      const keys = all.slice(at, at + MOST_READ);
      const found = await Promise.all(keys.map((key) => namespace.text(key)));
      rows.push(...keys.map((key, index): [string, string | null] => [key, found[index]?.value ?? null]));
    }
    process.stdout.write(`${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
  },
});

const remove: Command = kvCommand({
  name: 'kv bulk delete',
  summary: 'Removes the keys in a file (["key", …]).',
  usage: 'FILE',
  positionals: 1,
  check: file,
  run: async (namespace, input) => {
    const all = read(input, names);
    for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map((key) => namespace.delete(key)));
    process.stderr.write(`${all.length} keys deleted\n`);
  },
});

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
