/** CacheStorage: `caches`. @see https://developers.cloudflare.com/workers/runtime-apis/cache/#accessing-cache */
import { CACHE_LIMITS } from '../../../protocol/cache.ts';
import { ObjectDefineProperty, TypeErrorCtor } from '../../primordials.ts';
import { DOMString, defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import { Cache, internal, notImplemented } from './cache.ts';

export class CacheStorage {
  readonly #default: Cache;

  constructor(key: unknown) {
    if (key !== internal) throw illegalConstructor();
    this.#default = new Cache(internal, '');
    // As on Workers an attribute of the object itself.
    ObjectDefineProperty(this, 'default', { value: this.#default, writable: false, enumerable: true, configurable: false });
  }

  async open(name: unknown): Promise<Cache> {
    if (!isObject(this) || !(#default in this)) throw illegalInvocation();
    if (arguments.length === 0) throw new TypeErrorCtor("Failed to execute 'open' on 'CacheStorage': parameter 1 is not of type 'string'.");
    const text = DOMString(name, "Failed to execute 'open' on 'CacheStorage': parameter 1");
    if (text.length >= CACHE_LIMITS.nameLength) throw new TypeErrorCtor('Cache name is too long.');
    // Without a name it is the default cache, as on Workers.
    return new Cache(internal, text === '' ? '' : `:${text}`);
  }

  delete(_name: unknown): never {
    if (!isObject(this) || !(#default in this)) throw illegalInvocation();
    throw notImplemented('delete', 'CacheStorage');
  }

  match(_request: unknown, _options: unknown): never {
    if (!isObject(this) || !(#default in this)) throw illegalInvocation();
    throw notImplemented('match', 'CacheStorage');
  }

  has(_name: unknown): never {
    if (!isObject(this) || !(#default in this)) throw illegalInvocation();
    throw notImplemented('has', 'CacheStorage');
  }

  keys(): never {
    if (!isObject(this) || !(#default in this)) throw illegalInvocation();
    throw notImplemented('keys', 'CacheStorage');
  }
}
defineInterface(CacheStorage, 'CacheStorage');

export const caches = new CacheStorage(internal);
