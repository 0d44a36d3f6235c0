/** `nano kv key put|get|list|delete` */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Command, CommandError, type CommandGroup, entry, type Parsed, UsageError } from '../command.ts';
import { kvCommand } from './run.ts';
import { numberOption } from './target.ts';

const put: Command = kvCommand({
  name: 'kv key put',
  summary: 'Puts a value under a key.',
  usage: 'KEY [VALUE]',
  positionals: 2,
  options: {
    path: { type: 'string', value: 'FILE', help: 'take the value from a file; "-": from standard input' },
    ttl: { type: 'string', value: 'SECONDS', help: 'how long it is kept, 60 or more' },
    expiration: { type: 'string', value: 'SECONDS', help: 'until when it is kept, since 1970' },
    metadata: { type: 'string', value: 'JSON', help: 'metadata to keep with it' },
  },
  check: (input) => {
    key(input);
    if ((input.positionals[1] === undefined) === (input.text('path') === undefined)) throw new UsageError('which value? KEY VALUE, or KEY --path FILE');
    metadata(input);
  },
  run: async (namespace, input) => {
    const path = input.text('path');
    const options = { expirationTtl: numberOption(input, 'ttl'), expiration: numberOption(input, 'expiration'), metadata: metadata(input) };
    if (path === undefined) return namespace.put(key(input), input.positionals[1] as string, undefined, options);
    const file = path === '-' ? process.stdin : createReadStream(path);
    await namespace.put(key(input), file, path === '-' ? undefined : (await stat(path)).size, options);
  },
});

const get: Command = kvCommand({
  name: 'kv key get',
  summary: 'Writes the value of a key to standard output, as it is.',
  usage: 'KEY',
  positionals: 1,
  options: { text: { type: 'boolean', help: 'without effect: text comes out as text' } },
  check: (input) => void key(input),
  run: async (namespace, input) => {
    const found = await namespace.stream(key(input));
    if (found === null) throw new CommandError(`there is no key ${JSON.stringify(key(input))}`);
    const { value } = found;
    if (value instanceof Uint8Array) process.stdout.write(value);
    else await pipeline(value, process.stdout, { end: false });
  },
});

const remove: Command = kvCommand({
  name: 'kv key delete',
  summary: 'Removes a key.',
  usage: 'KEY',
  positionals: 1,
  check: (input) => void key(input),
  run: (namespace, input) => namespace.delete(key(input)),
});

const list: Command = kvCommand({
  name: 'kv key list',
  summary: 'Lists the keys, with expiration and metadata, as JSON.',
  usage: '',
  positionals: 0,
  options: { prefix: { type: 'string', value: 'TEXT', help: 'only keys that start with it' } },
  run: async (namespace, input) => {
    let cursor: string | undefined;
    let isFirst = true;
    do {
      const page = await namespace.list(input.text('prefix'), undefined, cursor);
      for (const { name, expiration, metadata: json } of page.keys) {
        const row = { name, ...(expiration === null ? {} : { expiration }), ...(json === null ? {} : { metadata: JSON.parse(json) as unknown }) };
        process.stdout.write(`${isFirst ? '[' : ','}\n  ${JSON.stringify(row)}`);
        isFirst = false;
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    process.stdout.write(isFirst ? '[]\n' : '\n]\n');
  },
});

function key(input: Parsed): string {
  const [name] = input.positionals;
  if (name === undefined) throw new UsageError('which key?');
  return name;
}

function metadata(input: Parsed): string | undefined {
  const text = input.text('metadata');
  if (text === undefined) return undefined;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    throw new UsageError(`--metadata ${JSON.stringify(text)} is no JSON`);
  }
}

export const keyGroup: CommandGroup = {
  name: 'kv key',
  summary: 'Reads and writes single keys of a KV namespace.',
  commands: [put, get, list, remove].map(entry),
};
