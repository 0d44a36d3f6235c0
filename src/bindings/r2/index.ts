/**
 * Buckets of R2: `env.NAME.get(…)` and its kind, on the host.
 *
 * A body that comes from the client or goes to it does so without entering the isolate, unless the app reads it.
 */
import { isAscii } from 'node:buffer';
import { invalidCall, OpError } from '../../base/op-error.ts';
import { BucketError, type ObjectSource } from '../../ports/buckets.ts';
import type { Json } from '../../protocol/bindings.ts';
import { R2_ERRORS } from '../../protocol/r2.ts';
import { readersOf } from '../../storage/store-readers.ts';
import type { Binding, BindingManifest, BindingScope, Caller, Reply } from '../binding.ts';
import { getOptions, keys, listOptions, metadataOptions, parts, putOptions, text, withKey } from './arguments.ts';
import { DiskBucket } from './bucket.ts';

const UNKNOWN_LENGTH = 'Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)';

class R2Binding implements Binding {
  readonly #bucket: DiskBucket;

  constructor(scope: BindingScope, options: Readonly<Record<string, Json>>) {
    const { stores, storageDir: root, fsync, group, openings, hot } = scope;
    this.#bucket = new DiskBucket({ stores, root, fsync, group, readers: readersOf(root), openings, hot }, String(options['name']));
  }

  async call(method: string, args: readonly unknown[], caller: Caller): Promise<Reply> {
    const run = Object.hasOwn(METHODS, method) ? METHODS[method as keyof typeof METHODS] : undefined;
    if (run === undefined) throw invalidCall();
    try {
      return await run(this.#bucket, args, caller);
    } catch (error) {
      if (!(error instanceof BucketError)) throw error;
      throw new OpError('Error', `${method}: ${error.message} (${R2_ERRORS[error.error].code})`);
    }
  }
}

const METHODS = {
  head: async (bucket: DiskBucket, [key]: readonly unknown[]): Promise<Reply> => jsonOf(await bucket.head(text(key))),
  /** key, options → null, the object's JSON where a condition does not hold, or that and its text, bytes or the number of its body */
  get: async (bucket: DiskBucket, [key, options]: readonly unknown[], caller: Caller): Promise<Reply> => {
    const wanted = getOptions(options);
    const found = await bucket.getSoon(text(key), wanted);
    if (found === null || !('body' in found)) return jsonOf(found);
    const { object, body } = found;
    const json = JSON.stringify(object);
    if (!(body instanceof Uint8Array)) return [json, caller.giveBody(body, object.range?.length ?? object.size)];
    // A string of ASCII crosses most cheaply, and is the text already.
    return [json, isAscii(body) ? Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1') : ownBytes(body)];
  },
  /** kind, value and length of a body, key, options */
  put: async (bucket: DiskBucket, [kind, value, length, key, options]: readonly unknown[], caller: Caller): Promise<Reply> => {
    const given = putOptions(options);
    return jsonOf(await withSource(caller, kind, value, length, (source) => bucket.put(text(key), source, given)));
  },
  delete: async (bucket: DiskBucket, [names]: readonly unknown[]): Promise<Reply> => bucket.delete(keys(names)),
  list: async (bucket: DiskBucket, [options]: readonly unknown[]): Promise<Reply> => JSON.stringify(await bucket.list(listOptions(options))),
  createMultipartUpload: async (bucket: DiskBucket, [key, options]: readonly unknown[]): Promise<Reply> =>
    bucket.createUpload(text(key), metadataOptions(options)),
  /** kind, value and length of a body, key, upload, number, customer's key → entity tag */
  uploadPart: async (bucket: DiskBucket, [kind, value, length, key, upload, number, customerKey]: readonly unknown[], caller: Caller): Promise<Reply> => {
    if (!Number.isInteger(number) || (number as number) < 1 || (number as number) > 10_000) throw invalidCall();
    const more = withKey(customerKey);
    return withSource(caller, kind, value, length, (source) => bucket.uploadPart(text(key), text(upload), number as number, source, undefined, more));
  },
  completeMultipartUpload: async (bucket: DiskBucket, [key, upload, list]: readonly unknown[]): Promise<Reply> =>
    jsonOf(await bucket.completeUpload(text(key), text(upload), parts(list))),
  abortMultipartUpload: async (bucket: DiskBucket, [key, upload]: readonly unknown[]): Promise<Reply> => bucket.abortUpload(text(key), text(upload)),
};

/** Bytes alone in their buffer, which the isolate takes over. */
const ownBytes = (bytes: Uint8Array): Uint8Array => (bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes));

const jsonOf = (object: unknown): string | null => (object === null ? null : JSON.stringify(object));

/** Opens a body for as long as it is worked on: what is refused before it was read is let go of. */
async function withSource<T>(caller: Caller, kind: unknown, value: unknown, announced: unknown, work: (source: ObjectSource) => Promise<T>): Promise<T> {
  const source = sourceOf(caller, kind, value, announced);
  try {
    return await work(source);
  } finally {
    if ('length' in source) source.body.destroy();
  }
}

function sourceOf(caller: Caller, kind: unknown, value: unknown, announced: unknown): ObjectSource {
  const { body = new Uint8Array(0), length } = caller.takeBody(kind, value, announced);
  if (typeof body === 'string') return { body: Buffer.from(body) };
  if (body instanceof Uint8Array) return { body };
  if (length !== undefined) return { body, length };
  body.destroy();
  throw new OpError('TypeError', UNKNOWN_LENGTH);
}

export const r2Manifest: BindingManifest = {
  type: 'r2',
  store: (options) => ({ product: 'r2', id: String(options['name']) }),
  open: (_name, options, scope) => new R2Binding(scope, options),
};
