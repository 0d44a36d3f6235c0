/**
 * Crypto, the interface of the global `crypto`.
 * @see https://w3c.github.io/webcrypto/#crypto-interface
 */
import { requireEvent } from '../../bridge.ts';
import { chunk } from '../../link.ts';
import { ArrayBufferIsView, ObjectDefineProperty, StringPrototypeIncludes, TypeErrorCtor, TypedArrayPrototypeGetSymbolToStringTag } from '../../primordials.ts';
import { type BufferSource, argument, bufferSource, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { DOMException } from '../dom-exception.ts';
import { bytesOf } from './bytes.ts';
import type { DigestStream } from './digest-stream.ts';
import { QuotaExceededError } from './quota-exceeded-error.ts';
import { fillRandom, newUUID } from './random.ts';
import { type SubtleCrypto, newSubtleCrypto } from './subtle.ts';

/** The most bytes one call of getRandomValues gives. */
const QUOTA_BYTES = 65_536;
let allowed = false;

export class Crypto {
  readonly #subtle: SubtleCrypto;
  declare readonly DigestStream: typeof DigestStream;

  constructor() {
    if (!allowed) throw illegalConstructor();
    this.#subtle = newSubtleCrypto();
  }

  get subtle(): SubtleCrypto {
    if (!isObject(this) || !(#subtle in this)) throw illegalInvocation();
    return this.#subtle;
  }

  /** @see https://w3c.github.io/webcrypto/#Crypto-method-getRandomValues */
  getRandomValues(array: unknown): BufferSource {
    if (!isObject(this) || !(#subtle in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, "Failed to execute 'getRandomValues' on 'Crypto'");
    const context = argument('getRandomValues', 'Crypto', 1);
    if (!ArrayBufferIsView(array)) throw new TypeErrorCtor(`${context} is not of type 'ArrayBufferView'.`);
    const view = bufferSource(array, context);
    const type = TypedArrayPrototypeGetSymbolToStringTag(view);
    if (type === undefined || StringPrototypeIncludes(type, 'Float')) {
      throw new DOMException(`${context} is not an integer typed array.`, 'TypeMismatchError');
    }
    const bytes = bytesOf(view);
    if (bytes.length > QUOTA_BYTES) {
      throw new QuotaExceededError(`getRandomValues() only accepts buffers of size <= 64K but provided ${bytes.length} bytes.`);
    }
    requireEvent();
    if (bytes.length > 0) fillRandom(bytes);
    return view;
  }

  /** @see https://w3c.github.io/webcrypto/#Crypto-method-randomUUID */
  randomUUID(): string {
    if (!isObject(this) || !(#subtle in this)) throw illegalInvocation();
    requireEvent();
    return newUUID();
  }
}
defineInterface(Crypto, 'Crypto');
// Cloudflare has this class on the instance rather than in the global scope.
// It builds on streams, so it is loaded on first use; until then an accessor stands for it.
const define = (target: object, value: unknown): void => {
  ObjectDefineProperty(target, 'DigestStream', { value, writable: true, configurable: true });
};
ObjectDefineProperty(Crypto.prototype, 'DigestStream', {
  get(): unknown {
    const { DigestStream } = chunk('digest');
    define(Crypto.prototype, DigestStream);
    return DigestStream;
  },
  set(this: object, value: unknown): void {
    define(this, value);
  },
  configurable: true,
});

/** Makes the value of the global `crypto`. */
function createCrypto(): Crypto {
  allowed = true;
  try {
    return new Crypto();
  } finally {
    allowed = false;
  }
}

/** The value of the global `crypto`. */
export const crypto = createCrypto();
