/**
 * KvNamespace. Methods that workerd types as promises reject; `get` and `getWithMetadata`, which may return two kinds
 * of them, throw what is wrong with their arguments, and the latter also what is wrong with the key.
 * @see https://developers.cloudflare.com/kv/api/
 * @see https://github.com/cloudflare/workerd/blob/main/src/workerd/api/kv.h
 */
import { chunk } from '../../link.ts';
import {
  ArrayIsArray,
  ErrorCtor,
  JSONParse,
  MapCtor,
  MapPrototypeSet,
  PromisePrototypeThen,
  PromiseReject,
  ReflectApply,
  TypeErrorCtor,
} from '../../primordials.ts';
import { asBytes, bytesBody, sourceBody } from '../../web/body.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import { callBinding, callBindingWithBody } from './call.ts';
import { checkKey, type GetOptions, getOptions, listOptions, metadataText, notOfType, putOptions, text, valueBody, withKey } from './kv-arguments.ts';

const internal = Symbol('internal');

/** As the host answers: the value (text, bytes or the number of a host body) and the metadata's JSON. */
type Found = [value: unknown, metadata: string | null];

export class KvNamespace {
  readonly #index: number;

  constructor(key: symbol, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  get(key: unknown, options: unknown = undefined): Promise<unknown> {
    const index = KvNamespace.#indexOf(this);
    if (arguments.length === 0) throw notOfType('get', 1, 'string or Array');
    if (ArrayIsArray(key)) return getMany(index, texts(key), getOptions(options), false);
    const name = text(key);
    const converted = getOptions(options);
    return attempt(() => PromisePrototypeThen(getOne(index, name, converted), (found) => found?.value ?? null));
  }

  list(options: unknown = undefined): Promise<unknown> {
    const index = KvNamespace.#indexOf(this);
    return attempt(() => {
      const { limit, prefix, cursor } = listOptions(options);
      return PromisePrototypeThen(callBinding(index, 'list', prefix, limit, cursor), (json) => JSONParse(json as string));
    });
  }

  put(key: unknown, value: unknown, options: unknown = undefined): Promise<unknown> {
    const index = KvNamespace.#indexOf(this);
    const given = arguments.length;
    return attempt(() => {
      if (given < 1) throw notOfType('put', 1, 'string');
      const name = text(key);
      if (given < 2) throw notOfType('put', 2, 'string or Object');
      const content = isObject(value) ? value : text(value);
      const { expiration, expirationTtl, metadata } = putOptions(options);
      checkKey('PUT', name);
      const json = metadataText(metadata);
      const body = valueBody(content);
      return PromisePrototypeThen(
        withKey('PUT', name, () => callBindingWithBody(index, 'put', body, name, expiration, expirationTtl, json)),
        () => undefined,
      );
    });
  }

  getWithMetadata(key: unknown, options: unknown = undefined): Promise<unknown> {
    const index = KvNamespace.#indexOf(this);
    if (arguments.length === 0) throw notOfType('getWithMetadata', 1, 'Array or string');
    if (ArrayIsArray(key)) return getMany(index, texts(key), getOptions(options), true);
    const name = text(key);
    return PromisePrototypeThen(getOne(index, name, getOptions(options)), (found) => ({
      value: found?.value ?? null,
      metadata: found?.metadata ?? null,
      cacheStatus: null,
    }));
  }

  delete(key: unknown): Promise<unknown> {
    const index = KvNamespace.#indexOf(this);
    const given = arguments.length;
    return attempt(() => {
      if (given < 1) throw notOfType('delete', 1, 'string');
      const name = text(key);
      checkKey('DELETE', name);
      return PromisePrototypeThen(
        withKey('DELETE', name, () => callBinding(index, 'delete', name)),
        () => undefined,
      );
    });
  }

  static #indexOf(namespace: KvNamespace): number {
    if (!isObject(namespace) || !(#index in namespace)) throw illegalInvocation();
    return namespace.#index;
  }
}
defineInterface(KvNamespace, 'KvNamespace');

/** What is thrown becomes a rejection. */
const attempt = (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    return work();
  } catch (error) {
    return PromiseReject(error);
  }
};

const texts = (keys: readonly unknown[]): string[] => {
  const names: string[] = [];
  for (let i = 0; i < keys.length; i++) names[i] = text(keys[i]);
  return names;
};

const parsedMetadata = (json: string | null): unknown => (json === null ? null : JSONParse(json));

/** How each type is asked of the host, and what becomes of the answer. */
const FORMS = {
  __proto__: null,
  text: { form: 'text', take: (value: unknown): unknown => value },
  json: { form: 'text', take: (value: unknown): unknown => JSONParse(value as string) },
  arrayBuffer: { form: 'bytes', take: (value: unknown): unknown => value },
  stream: {
    form: 'stream',
    take: (value: unknown): unknown => {
      const body = typeof value === 'number' ? sourceBody(value, undefined) : bytesBody(asBytes(value as Uint8Array) as Uint8Array<ArrayBuffer>, undefined);
      return chunk('streams').openStream(body);
    },
  },
} as unknown as Readonly<Record<string, { form: string; take: (value: unknown) => unknown } | undefined>>;

const getOne = (index: number, name: string, { type = 'text', cacheTtl }: GetOptions): Promise<{ value: unknown; metadata: unknown } | null> => {
  checkKey('GET', name);
  const wanted = FORMS[type];
  return PromisePrototypeThen(
    withKey('GET', name, () => callBinding(index, 'get', name, wanted?.form ?? 'text', cacheTtl)),
    (found) => {
      if (found === null || found === undefined) return null;
      const answer = found as Found;
      // workerd looks at the type when there is something to convert.
      if (wanted === undefined) throw new TypeErrorCtor('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
      return { value: wanted.take(answer[0]), metadata: parsedMetadata(answer[1]) };
    },
  );
};

const getMany = (index: number, names: string[], { type = '', cacheTtl }: GetOptions, withMetadata: boolean): Promise<unknown> => {
  if (type !== '' && type !== 'text' && type !== 'json')
    return PromiseReject(new ErrorCtor(`KV GET_BULK failed: 400 "${type}" is not a valid type. Use "json" or "text"`));
  // Beyond that they are refused by their number, which is not worth sending them all.
  if (names.length > 101) names.length = 101;
  const args: unknown[] = [index, 'getMany', cacheTtl];
  for (let i = 0; i < names.length; i++) args[i + 3] = names[i];
  return PromisePrototypeThen(ReflectApply(callBinding, undefined, args) as Promise<unknown>, (answer) => {
    const found = answer as (string | null)[];
    const map = new MapCtor<string, unknown>();
    for (let i = 0; i < names.length; i++) {
      const value = manyValue(found[i * 2] as string | null, type);
      const isMissing = found[i * 2] === null;
      MapPrototypeSet(map, names[i] as string, withMetadata && !isMissing ? { value, metadata: parsedMetadata(found[i * 2 + 1] as string | null) } : value);
    }
    return map;
  });
};

const manyValue = (value: string | null, type: string): unknown => {
  if (value === null || type !== 'json') return value;
  try {
    return JSONParse(value);
  } catch {
    throw new ErrorCtor('KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value');
  }
};

/** The object in env. */
export function bindKv(index: number): KvNamespace {
  return new KvNamespace(internal, index);
}
