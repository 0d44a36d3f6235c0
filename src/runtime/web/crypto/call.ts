/**
 * One piece of crypto.subtle work on its way to the host, and what comes back.
 *
 * On the wire: `Request.subtle`, the operation's name, a JSON text, then byte arrays. Where the text
 * speaks of bytes it holds a number, the position among those arrays; keys are their handles; a set
 * of usages is bits. Back come an ArrayBuffer, a boolean, a JSON text, or a text that begins with
 * "!": the message of a SyntaxError, which has no name of its own on the bridge.
 */
import { jsonText } from '../../json-text.ts';
import { Request } from '../../../protocol/ops.ts';
import { request } from '../../bridge.ts';
import { ArrayPrototypePush, JSONParse, ObjectCreate, ReflectApply, StringPrototypeSlice } from '../../primordials.ts';
import type { BufferSource } from '../../webidl.ts';
import { DOMException } from '../dom-exception.ts';
import { type Algorithm, type Operation, normalizeAlgorithm } from './algorithms.ts';
import { copyOf } from './bytes.ts';
import { type CryptoKey, type KeyDescription, keyHandle, newCryptoKey, releaseKeys } from './crypto-key.ts';

type Members = {
  algorithm?: Algorithm;
  derived?: Algorithm;
  key?: number;
  wrapping?: number;
  format?: string;
  length?: number | null;
  extractable?: boolean;
  usages?: number;
  jwk?: object;
};

export class Call {
  /** What becomes the JSON text. */
  readonly members = ObjectCreate(null) as Members;
  readonly #bytes: Uint8Array[] = [];

  /** Normalises an algorithm into `into`. */
  algorithm(operation: Operation, given: object | string, into: 'algorithm' | 'derived' = 'algorithm'): void {
    this.members[into] = normalizeAlgorithm(operation, given, this.#bytes);
  }

  /** Normalises for `operation`, else for `otherwise`. Bytes copied by a first try that failed midway stay behind unused. */
  algorithmOf(operation: Operation, otherwise: Operation, given: object | string): void {
    try {
      this.algorithm(operation, given);
    } catch {
      this.algorithm(otherwise, given);
    }
  }

  /** The key to work with or on. */
  key(key: CryptoKey): void {
    this.members.key = keyHandle(key);
  }

  /** The key that wraps or unwraps. */
  wrappingKey(key: CryptoKey): void {
    this.members.wrapping = keyHandle(key);
  }

  /** Adds a copy of the operation's own bytes: the signature first where there is one, the data last. */
  bytes(source: BufferSource): void {
    ArrayPrototypePush(this.#bytes, copyOf(source));
  }

  async send(operation: string): Promise<unknown> {
    releaseKeys();
    const args: unknown[] = [Request.subtle, operation, jsonText(this.members)];
    for (let i = 0; i < this.#bytes.length; i++) ArrayPrototypePush(args, this.#bytes[i]);
    const reply = await ReflectApply(request as never, undefined, args);
    if (typeof reply === 'string' && reply[0] === '!') throw new DOMException(StringPrototypeSlice(reply, 1), 'SyntaxError');
    return reply;
  }

  /** As `send`, for the operations that answer with a key. */
  async sendForKey(operation: string): Promise<CryptoKey> {
    return newCryptoKey(JSONParse((await this.send(operation)) as string) as KeyDescription);
  }
}
