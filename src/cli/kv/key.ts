/** `nano kv key put|get|list|delete` */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { DataBody } from '../../ports/stored-data.ts';
import type { KvListing } from '../../server/data/kv.ts';
import { type Command, CommandError, type CommandGroup, entry, jsonText, type Parsed, UsageError } from '../command.ts';
import { streamOf, textBody, valueOf } from '../data/data.ts';
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
  run: async (call, input) => {
    const options = { expirationTtl: numberOption(input, 'ttl'), expiration: numberOption(input, 'expiration'), metadata: metadata(input) };
    await call('put', { key: key(input), ...options }, await value(input));
  },
});

const get: Command = kvCommand({
  name: 'kv key get',
  summary: 'Writes the value of a key to standard output, as it is.',
  usage: 'KEY',
  positionals: 1,
  options: { text: { type: 'boolean', help: 'without effect: text comes out as text' } },
  check: (input) => void key(input),
  run: async (call, input) => pipeline(streamOf(await call('get', { key: key(input) })), process.stdout, { end: false }),
});

const remove: Command = kvCommand({
  name: 'kv key delete',
  summary: 'Removes a key.',
  usage: 'KEY',
  positionals: 1,
  check: (input) => void key(input),
  run: async (call, input) => void (await call('delete', { key: key(input) })),
});

const list: Command = kvCommand({
  name: 'kv key list',
  summary: 'Lists the keys, with expiration and metadata, as JSON.',
  usage: '',
  positionals: 0,
  options: { prefix: { type: 'string', value: 'TEXT', help: 'only keys that start with it' } },
  run: async (call, input) => {
    let cursor: string | undefined;
    let isFirst = true;
    do {
      const page: KvListing = valueOf(await call('list', { prefix: input.text('prefix'), cursor }));
      for (const { name, expiration, metadata: json } of page.keys) {
        const row = { name, ...(expiration === null ? {} : { expiration }), ...(json === null ? {} : { metadata: JSON.parse(json) as unknown }) };
        process.stdout.write(`${isFirst ? '[' : ','}\n  ${jsonText(row)}`);
        isFirst = false;
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    process.stdout.write(isFirst ? '[]\n' : '\n]\n');
  },
});

/** What is to be put: from the command line, a file, or standard input. */
async function value(input: Parsed): Promise<DataBody> {
  const path = input.text('path');
  if (path === undefined) return textBody(input.positionals[1] as string);
  if (path === '-') return { stream: process.stdin, length: undefined };
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() !== false) throw new CommandError(`there is no file ${path}`);
  return { stream: createReadStream(path), length: info.isFile() ? info.size : undefined };
}

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
