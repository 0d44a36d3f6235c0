/** KV namespaces: `env.NAME.get(…)` and its kind, on the host. */
import { Readable } from 'node:stream';
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { Json } from '../../protocol/bindings.ts';
import { readersOf } from '../../storage/store-readers.ts';
import type { Binding, BindingManifest, BindingScope, Caller, Reply } from '../binding.ts';
import { type Found, Namespace } from './namespace.ts';

class KvBinding implements Binding {
  readonly #namespace: Namespace;

  constructor(scope: BindingScope, options: Readonly<Record<string, Json>>) {
    const { stores, storageDir, fsync, group, openings, hot } = scope;
    this.#namespace = new Namespace({ stores, storageDir, fsync, readers: readersOf(storageDir), openings, hot }, group, String(options['id']));
  }

  call(method: string, args: readonly unknown[], caller: Caller): Reply | Promise<Reply> {
    switch (method) {
      case 'get':
        return this.#get(args, caller);
      case 'getMany':
        return this.#getMany(args);
      case 'put':
        return this.#put(args, caller);
      case 'delete':
        return this.#namespace.delete(args[0]);
      case 'list':
        return this.#list(args);
      default:
        throw invalidCall();
    }
  }

  /** key, "text", "bytes" or "stream", cacheTtl → null, or the value and metadata. */
  #get([key, form, cacheTtl]: readonly unknown[], caller: Caller): Reply | Promise<Reply> {
    const ttl = optionalNumber(cacheTtl);
    switch (form) {
      case 'text':
        return map(this.#namespace.text(key, ttl), (text) => text);
      case 'bytes':
        return map(this.#namespace.bytes(key, ttl), (bytes) => ownBuffer(bytes));
      case 'stream':
        return map(this.#namespace.stream(key, ttl), (body, size) => (body instanceof Uint8Array ? body : caller.giveBody(body, size)));
      default:
        throw invalidCall();
    }
  }

  /** cacheTtl, then keys → the value and metadata of each, null and null where there is none. */
  async #getMany([cacheTtl, ...keys]: readonly unknown[]): Promise<Reply> {
    const found = await this.#namespace.texts(keys, optionalNumber(cacheTtl));
    return found.flatMap((one) => (one === null ? [null, null] : [one.value, one.metadata]));
  }

  /** A body (kind, value, length), key, expiration, expirationTtl, metadata as JSON. */
  async #put([kind, value, size, key, expiration, expirationTtl, metadata]: readonly unknown[], caller: Caller): Promise<Reply> {
    const { body, length } = caller.takeBody(kind, value, size);
    try {
      const options = { expiration: optionalNumber(expiration), expirationTtl: optionalNumber(expirationTtl), metadata: optionalText(metadata) };
      await this.#namespace.put(key, body ?? '', length, options);
      return null;
    } finally {
      // One that was refused before it was read.
      if (body instanceof Readable) body.destroy();
    }
  }

  /** prefix, limit, cursor → JSON text of the answer as the app gets it. */
  async #list([prefix, limit, cursor]: readonly unknown[]): Promise<Reply> {
    const { keys, cursor: next } = await this.#namespace.list(optionalText(prefix), optionalNumber(limit), optionalText(cursor));
    const entries = keys.map(({ name, expiration, metadata }) => {
      const more = `${expiration === null ? '' : `,"expiration":${expiration}`}${metadata === null ? '' : `,"metadata":${metadata}`}`;
      return `{"name":${JSON.stringify(name)}${more}}`;
    });
    const end = next === undefined ? '"list_complete":true' : `"list_complete":false,"cursor":"${next}"`;
    return `{"keys":[${entries.join(',')}],${end},"cacheStatus":null}`;
  }
}

/** The answer to a get; without a promise where there was none. */
function map<Value>(found: Promise<Found<Value> | null> | Found<Value> | null, give: (value: Value, size: number) => Reply): Reply | Promise<Reply> {
  const reply = (one: Found<Value> | null): Reply => (one === null ? null : [give(one.value, one.size), one.metadata]);
  return found instanceof Promise ? found.then(reply) : reply(found);
}

/** Bytes as a buffer of their own, which the isolate then takes over. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength ? buffer : new Uint8Array(bytes).buffer;
}

function optionalNumber(value: unknown): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  throw new OpError('TypeError', 'Invalid number.');
}

function optionalText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new OpError('TypeError', 'Invalid text.');
}

export const kvManifest: BindingManifest = {
  type: 'kv',
  store: (options) => ({ product: 'kv', id: String(options['id']) }),
  open: (_name, options, scope) => new KvBinding(scope, options),
};
