/** `nano r2`: buckets and objects of a data folder or a running server, and keys for S3 clients. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { DataBody, StoredData } from '../ports/stored-data.ts';
import { DEFAULT_GROUP } from '../server/app-record.ts';
import type { BucketRow, BucketTotals, KeyRow, NewKey, ObjectPage, ObjectRow } from '../server/data/r2.ts';
import { type Command, CommandError, type CommandGroup, entry, groupEntry, type OptionSpec, type Parsed, print, printJson, UsageError } from './command.ts';
import { dataOption, SERVER_OPTIONS, serverOf, streamOf, valueOf, withData, WRANGLER_OPTIONS } from './data/data.ts';
import { writeToFile } from './data/write-file.ts';

const PLACE: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'string', value: 'DIR', help: 'data folder (.nano)' },
  group: { type: 'string', value: 'NAME', help: 'trust group whose buckets are meant (default)' },
  ...SERVER_OPTIONS,
  ...WRANGLER_OPTIONS,
};
const JSON_OPTION: Readonly<Record<string, OptionSpec>> = { json: { type: 'boolean', help: 'print JSON' } };

type Spec = Pick<Command, 'name' | 'summary' | 'usage'> & {
  description?: string;
  options?: Readonly<Record<string, OptionSpec>>;
  /** Throws UsageError for what can be told before anything is opened. */
  check?(input: Parsed): void;
  run(call: R2Call, input: Parsed): Promise<void>;
};

/** Calls an operation: "put" is "r2/put". */
type R2Call = StoredData['call'];

function command({ name, summary, usage, description, options = {}, check, run }: Spec): Command {
  return {
    name: `r2 ${name}`,
    summary,
    usage,
    ...(description !== undefined && { description }),
    options: { ...PLACE, ...options },
    positionals: usage === '' ? 0 : 1,
    run: async (input) => {
      if (usage !== '' && input.positionals.length === 0) throw new UsageError(`nano r2 ${name} needs ${usage}`);
      check?.(input);
      const place = { dataDir: resolve(dataOption(input) ?? '.nano'), group: groupOf(input) };
      await withData(input, place, (data) => run((operation, args, body) => data.call(`r2/${operation}`, args, body), input));
      return 0;
    },
  };
}

const groupOf = (input: Parsed): string => input.text('group') ?? DEFAULT_GROUP;

/** The parts of BUCKET/KEY. @throws UsageError */
function objectOf(input: Parsed): { bucket: string; key: string } {
  const [path = ''] = input.positionals;
  const at = path.indexOf('/');
  if (at < 1 || at === path.length - 1) throw new UsageError(`"${path}" is not of the form BUCKET/KEY`);
  return { bucket: path.slice(0, at), key: path.slice(at + 1) };
}

const bucketCreate = command({
  name: 'bucket create',
  summary: 'Makes a bucket.',
  usage: 'NAME',
  description: 'A bucket that an app names in r2_buckets need not be made: it is there with its first object.',
  run: async (call, input) => {
    const [name = ''] = input.positionals;
    print(valueOf(await call('create-bucket', { bucket: name })) ? `${name} is made` : `${name} is there already`);
  },
});

const bucketList = command({
  name: 'bucket list',
  summary: 'Lists buckets.',
  usage: '',
  options: JSON_OPTION,
  run: async (call, input) => {
    const found: BucketRow[] = valueOf(await call('buckets', {}));
    if (input.flag('json')) return printJson(found);
    for (const { name, created } of found) print(`${name}  ${new Date(created).toISOString()}`);
  },
});

const bucketInfo = command({
  name: 'bucket info',
  summary: 'Shows how many objects a bucket has, and their size.',
  usage: 'NAME',
  options: JSON_OPTION,
  run: async (call, input) => {
    const [bucket = ''] = input.positionals;
    const found: BucketTotals = valueOf(await call('bucket-info', { bucket }));
    if (input.flag('json')) return printJson(found);
    print(`${found.name}  ${new Date(found.created).toISOString()}  ${found.objects} objects  ${found.bytes} bytes`);
  },
});

const bucketDelete = command({
  name: 'bucket delete',
  summary: 'Removes an empty bucket.',
  usage: 'NAME',
  run: async (call, input) => {
    const [name = ''] = input.positionals;
    await call('delete-bucket', { bucket: name });
    print(`${name} is removed`);
  },
});

const objectPut = command({
  name: 'object put',
  summary: 'Stores a file.',
  usage: 'BUCKET/KEY',
  description: 'A bucket that is not in the data folder yet is made.',
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'the file to store' },
    pipe: { type: 'boolean', help: 'store what comes from standard input' },
    'content-type': { type: 'string', value: 'TYPE', help: 'its content type' },
    'content-disposition': { type: 'string', value: 'TEXT', help: 'its Content-Disposition header' },
    'content-encoding': { type: 'string', value: 'TEXT', help: 'its Content-Encoding header' },
    'content-language': { type: 'string', value: 'TEXT', help: 'its Content-Language header' },
    'cache-control': { type: 'string', value: 'TEXT', help: 'its Cache-Control header' },
  },
  check: objectOf,
  run: async (call, input) => {
    const { bucket, key } = objectOf(input);
    const body = await bodyToPut(input);
    const http = {
      contentType: input.text('content-type'),
      contentDisposition: input.text('content-disposition'),
      contentEncoding: input.text('content-encoding'),
      contentLanguage: input.text('content-language'),
      cacheControl: input.text('cache-control'),
    };
    // As wrangler does with what is local. On a server that others use, a name that is not there is a mistake.
    if (serverOf(input) === undefined) await call('create-bucket', { bucket });
    const object: ObjectRow | null = valueOf(await call('put', { bucket, key, http }, body));
    print(`${key}  ${object?.size ?? 0} bytes  ${object?.etag ?? ''}`);
  },
});

/** The file, or all of standard input: the size of an object must be known before it is sent. */
async function bodyToPut(input: Parsed): Promise<DataBody> {
  const file = input.text('file');
  if (input.flag('pipe') && file === undefined) {
    const bytes = await buffer(process.stdin);
    return { stream: Readable.from([bytes], { objectMode: false }), length: bytes.length };
  }
  if (file === undefined) throw new UsageError('which file? nano r2 object put BUCKET/KEY --file FILE, or --pipe');
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile() !== true) throw new CommandError(`there is no file ${file}`);
  return { stream: createReadStream(file), length: info.size };
}

const objectGet = command({
  name: 'object get',
  summary: 'Writes an object to a file, or to standard output.',
  usage: 'BUCKET/KEY',
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'the file to write (standard output)' },
    pipe: { type: 'boolean', help: 'without effect: without --file it goes to standard output' },
  },
  check: objectOf,
  run: async (call, input) => {
    const body = streamOf(await call('get', objectOf(input)));
    const file = input.text('file');
    if (file === undefined) await pipeline(body, process.stdout, { end: false });
    else await writeToFile(body, file);
  },
});

const objectDelete = command({
  name: 'object delete',
  summary: 'Removes an object.',
  usage: 'BUCKET/KEY',
  check: objectOf,
  run: async (call, input) => {
    const object = objectOf(input);
    await call('delete', object);
    print(`${object.key} is removed`);
  },
});

const objectList = command({
  name: 'object list',
  summary: 'Lists the objects of a bucket.',
  usage: 'BUCKET[/PREFIX]',
  options: JSON_OPTION,
  run: async (call, input) => {
    const [bucket = '', ...rest] = (input.positionals[0] ?? '').split('/');
    let cursor: string | undefined;
    do {
      const page: ObjectPage = valueOf(await call('list', { bucket, prefix: rest.join('/'), cursor }));
      for (const object of page.objects) {
        const { key, size, etag, uploaded } = object;
        if (input.flag('json')) printJson(object);
        else print(`${new Date(uploaded).toISOString()}  ${String(size).padStart(12)}  ${etag}  ${key}`);
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  },
});

const tokenCreate = command({
  name: 'token create',
  summary: 'Makes a key for S3 clients.',
  usage: '',
  description: 'The secret is shown once. The endpoint is /s3 on the admin port of `nano serve`; any region will do.',
  options: {
    name: { type: 'string', value: 'NAME', help: 'what it is for' },
    bucket: { type: 'string', value: 'NAME', multiple: true, help: 'a bucket that it opens; may be repeated (all)' },
    'read-only': { type: 'boolean', help: 'it may change nothing' },
    ...JSON_OPTION,
  },
  run: async (call, input) => {
    const buckets = input.list('bucket');
    const wanted = { name: input.text('name') ?? '', readOnly: input.flag('read-only'), ...(buckets.length > 0 && { buckets }) };
    const { id, secret }: NewKey = valueOf(await call('create-key', wanted));
    if (input.flag('json')) return printJson({ accessKeyId: id, secretAccessKey: secret });
    print(`Access key ID:      ${id}\nSecret access key:  ${secret}`);
  },
});

const tokenList = command({
  name: 'token list',
  summary: 'Lists the keys for S3 clients, without their secrets.',
  usage: '',
  options: JSON_OPTION,
  run: async (call, input) => {
    const keys: KeyRow[] = valueOf(await call('keys', {}));
    if (input.flag('json')) return printJson(keys);
    for (const { id, name, group, readOnly, buckets } of keys)
      print(`${id}  ${group}  ${buckets?.join(',') ?? 'all buckets'}${readOnly ? '  read-only' : ''}  ${name}`);
  },
});

const tokenDelete = command({
  name: 'token delete',
  summary: 'Takes a key back. A running server knows at once.',
  usage: 'ID',
  run: async (call, input) => {
    const [id = ''] = input.positionals;
    await call('delete-key', { id });
    print(`${id} opens nothing any more`);
  },
});

const group = (name: string, summary: string, commands: readonly Command[]): CommandGroup => ({
  name: `r2 ${name}`,
  summary,
  commands: commands.map(entry),
});

const GROUPS = [
  group('bucket', 'Makes, lists, counts and removes buckets.', [bucketCreate, bucketList, bucketInfo, bucketDelete]),
  group('object', 'Stores, reads, lists and removes objects.', [objectPut, objectGet, objectList, objectDelete]),
  group('token', 'Looks after the keys of S3 clients.', [tokenCreate, tokenList, tokenDelete]),
];

export const r2Group: CommandGroup = {
  name: 'r2',
  summary: 'Looks after the buckets of a data folder, whether a server runs on it or not, or of a running server.',
  commands: GROUPS.map(groupEntry),
};
