/** `nano r2`: buckets and objects of a data folder, whether a server runs on it or not, and keys for S3 clients. */
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Bucket, BucketError, type Buckets } from '../ports/buckets.ts';
import { DEFAULT_GROUP } from '../server/app-record.ts';
import { withBuckets } from '../server/local-r2.ts';
import { S3Keys } from '../server/s3-keys.ts';
import { type Command, CommandError, type CommandGroup, entry, groupEntry, type OptionSpec, type Parsed, print, UsageError } from './command.ts';

const PLACE: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'string', value: 'DIR', help: 'data folder (.nano)' },
  group: { type: 'string', value: 'NAME', help: 'trust group whose buckets are meant (default)' },
};
const JSON_OPTION: Readonly<Record<string, OptionSpec>> = { json: { type: 'boolean', help: 'print JSON' } };

type Spec = Pick<Command, 'name' | 'summary' | 'usage'> & {
  description?: string;
  options?: Readonly<Record<string, OptionSpec>>;
  run(input: Parsed): Promise<void>;
};

function command({ name, summary, usage, description, options = {}, run }: Spec): Command {
  return {
    name: `r2 ${name}`,
    summary,
    usage,
    ...(description !== undefined && { description }),
    options: { ...PLACE, ...options },
    positionals: usage === '' ? 0 : 1,
    run: async (input) => {
      if (usage !== '' && input.positionals.length === 0) throw new UsageError(`nano r2 ${name} needs ${usage}`);
      try {
        await run(input);
      } catch (error) {
        throw error instanceof BucketError ? new CommandError(error.message) : error;
      }
      return 0;
    },
  };
}

const dataDirOf = (input: Parsed): string => resolve(input.text('data') ?? '.nano');
const groupOf = (input: Parsed): string => input.text('group') ?? DEFAULT_GROUP;
const inBuckets = (input: Parsed, work: (buckets: Buckets) => Promise<void>): Promise<void> => withBuckets(dataDirOf(input), groupOf(input), work);

async function bucketOf(buckets: Buckets, name: string): Promise<Bucket> {
  const bucket = await buckets.find(name);
  if (bucket === undefined) throw new CommandError(`there is no bucket ${name}`);
  return bucket;
}

/** Works on BUCKET/KEY. */
const onObject = (input: Parsed, work: (bucket: Bucket, key: string) => Promise<void>): Promise<void> => {
  const [path = ''] = input.positionals;
  const at = path.indexOf('/');
  if (at < 1 || at === path.length - 1) throw new UsageError(`"${path}" is not of the form BUCKET/KEY`);
  return inBuckets(input, async (buckets) => work(await bucketOf(buckets, path.slice(0, at)), path.slice(at + 1)));
};

const bucketCreate = command({
  name: 'bucket create',
  summary: 'Makes a bucket.',
  usage: 'NAME',
  description: 'A bucket that an app names in r2_buckets need not be made: it is there with its first object.',
  run: (input) =>
    inBuckets(input, async (buckets) => {
      const [name = ''] = input.positionals;
      print((await buckets.create(name)) ? `${name} is made` : `${name} is there already`);
    }),
});

const bucketList = command({
  name: 'bucket list',
  summary: 'Lists buckets.',
  usage: '',
  options: JSON_OPTION,
  run: (input) =>
    inBuckets(input, async (buckets) => {
      const found = await buckets.list();
      if (input.flag('json')) return print(JSON.stringify(found));
      for (const { name, created } of found) print(`${name}  ${new Date(created).toISOString()}`);
    }),
});

const bucketDelete = command({
  name: 'bucket delete',
  summary: 'Removes an empty bucket.',
  usage: 'NAME',
  run: (input) =>
    inBuckets(input, async (buckets) => {
      const [name = ''] = input.positionals;
      const outcome = await buckets.remove(name);
      if (outcome === 'missing') throw new CommandError(`there is no bucket ${name}`);
      if (outcome === 'notEmpty') throw new CommandError(`${name} is not empty`);
      print(`${name} is removed`);
    }),
});

const objectPut = command({
  name: 'object put',
  summary: 'Stores a file.',
  usage: 'BUCKET/KEY',
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'the file to store' },
    'content-type': { type: 'string', value: 'TYPE', help: 'its content type' },
    'cache-control': { type: 'string', value: 'TEXT', help: 'its Cache-Control header' },
  },
  run: (input) =>
    onObject(input, async (bucket, key) => {
      const file = input.text('file');
      if (file === undefined) throw new UsageError('which file? nano r2 object put BUCKET/KEY --file FILE');
      const info = await stat(file).catch(() => undefined);
      if (info?.isFile() !== true) throw new CommandError(`there is no file ${file}`);
      const contentType = input.text('content-type');
      const cacheControl = input.text('cache-control');
      const http = { ...(contentType !== undefined && { contentType }), ...(cacheControl !== undefined && { cacheControl }) };
      const object = await bucket.put(key, { body: createReadStream(file), length: info.size }, { http });
      print(`${key}  ${object?.size ?? 0} bytes  ${object?.etag ?? ''}`);
    }),
});

const objectGet = command({
  name: 'object get',
  summary: 'Writes an object to a file, or to standard output.',
  usage: 'BUCKET/KEY',
  options: { file: { type: 'string', short: 'f', value: 'FILE', help: 'the file to write (standard output)' } },
  run: (input) =>
    onObject(input, async (bucket, key) => {
      const found = await bucket.get(key, {});
      if (found === null || !('body' in found)) throw new CommandError(`there is no object ${key}`);
      const body = found.body instanceof Uint8Array ? Readable.from([found.body]) : found.body;
      const file = input.text('file');
      if (file === undefined) await pipeline(body, process.stdout, { end: false });
      else await pipeline(body, createWriteStream(file));
    }),
});

const objectDelete = command({
  name: 'object delete',
  summary: 'Removes an object.',
  usage: 'BUCKET/KEY',
  run: (input) =>
    onObject(input, async (bucket, key) => {
      await bucket.delete([key]);
      print(`${key} is removed`);
    }),
});

const objectList = command({
  name: 'object list',
  summary: 'Lists the objects of a bucket.',
  usage: 'BUCKET[/PREFIX]',
  options: JSON_OPTION,
  run: (input) =>
    inBuckets(input, async (buckets) => {
      const [path = ''] = input.positionals;
      const [name = '', ...rest] = path.split('/');
      const bucket = await bucketOf(buckets, name);
      let cursor: string | undefined;
      do {
        const page = await bucket.list({ prefix: rest.join('/'), include: [], ...(cursor !== undefined && { cursor }) });
        for (const object of page.objects) {
          const { key, size, etag, uploaded } = object;
          print(input.flag('json') ? JSON.stringify(object) : `${new Date(uploaded).toISOString()}  ${String(size).padStart(12)}  ${etag}  ${key}`);
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
    }),
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
  run: async (input) => {
    const buckets = input.list('bucket');
    const wanted = { name: input.text('name') ?? '', group: groupOf(input), readOnly: input.flag('read-only'), ...(buckets.length > 0 && { buckets }) };
    const { id, secret } = new S3Keys(dataDirOf(input)).create(wanted, Date.now());
    if (input.flag('json')) return print(JSON.stringify({ accessKeyId: id, secretAccessKey: secret }));
    print(`Access key ID:      ${id}\nSecret access key:  ${secret}`);
  },
});

const tokenList = command({
  name: 'token list',
  summary: 'Lists the keys for S3 clients, without their secrets.',
  usage: '',
  options: JSON_OPTION,
  run: async (input) => {
    const keys = new S3Keys(dataDirOf(input)).list();
    if (input.flag('json')) return print(JSON.stringify(keys));
    for (const { id, name, group, readOnly, buckets } of keys)
      print(`${id}  ${group}  ${buckets?.join(',') ?? 'all buckets'}${readOnly ? '  read-only' : ''}  ${name}`);
  },
});

const tokenDelete = command({
  name: 'token delete',
  summary: 'Takes a key back. A running server knows at once.',
  usage: 'ID',
  run: async (input) => {
    const [id = ''] = input.positionals;
    if (!new S3Keys(dataDirOf(input)).remove(id)) throw new CommandError(`there is no key ${id}`);
    print(`${id} opens nothing any more`);
  },
});

const group = (name: string, summary: string, commands: readonly Command[]): CommandGroup => ({
  name: `r2 ${name}`,
  summary,
  commands: commands.map(entry),
});

const GROUPS = [
  group('bucket', 'Makes, lists and removes buckets.', [bucketCreate, bucketList, bucketDelete]),
  group('object', 'Stores, reads, lists and removes objects.', [objectPut, objectGet, objectList, objectDelete]),
  group('token', 'Looks after the keys of S3 clients.', [tokenCreate, tokenList, tokenDelete]),
];

export const r2Command: CommandGroup = {
  name: 'r2',
  summary: 'Looks after the buckets of a data folder, whether a server runs on it or not.',
  commands: GROUPS.map(groupEntry),
};
