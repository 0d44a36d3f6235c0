/**
 * Reading a crypto.subtle call off the wire.
 *
 * Contract, binding on changes to this file: every value is checked for type and range here, and what
 * comes out is a fresh object with known members only. The runtime never sends what is refused
 * here; tenant code that reached the bridge might.
 */
import { OpError } from '../../base/op-error.ts';
import type { OpContext } from '../op.ts';
import { HostKey, usagesOf } from './keys.ts';
import { MAX_TEXT } from './limits.ts';

/** An algorithm as Node takes it. */
export type Algorithm = {
  name: string;
  hash?: string;
  length?: number;
  modulusLength?: number;
  iterations?: number;
  publicExponent?: Uint8Array;
  [member: string]: unknown;
};

const MEMBERS: Readonly<Record<string, 'text' | 'number' | 'bytes' | 'key'>> = {
  name: 'text',
  hash: 'text',
  namedCurve: 'text',
  length: 'number',
  modulusLength: 'number',
  saltLength: 'number',
  iterations: 'number',
  tagLength: 'number',
  outputLength: 'number',
  publicExponent: 'bytes',
  iv: 'bytes',
  counter: 'bytes',
  additionalData: 'bytes',
  label: 'bytes',
  salt: 'bytes',
  info: 'bytes',
  context: 'bytes',
  customization: 'bytes',
  public: 'key',
};

const malformed = (): OpError => new OpError('TypeError', 'Malformed request to the host.');

/** Bytes from the isolate: an ArrayBuffer or a Uint8Array on one, never shared memory. */
export function toBytes(value: unknown): Uint8Array<ArrayBuffer> {
  if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) return value as Uint8Array<ArrayBuffer>;
  if (value instanceof ArrayBuffer && !value.detached) return new Uint8Array(value);
  throw malformed();
}

/** A whole number from 0 to 2^32 - 1. */
export function toCount(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw malformed();
  return value;
}

/** An ArrayBuffer of exactly these bytes: Node's small buffers lie on a shared slab. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** The JSON text of a call. */
export function parse(text: unknown): unknown {
  if (typeof text !== 'string' || text.length > MAX_TEXT) throw malformed();
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

/** Cloudflare's name for Ed25519 before the Web had one. Such keys call themselves Ed25519 here. */
const NODE_EDWARDS = 'NODE-ED25519';

const edwards = ({ namedCurve = NODE_EDWARDS }: Record<string, unknown>): Algorithm => {
  if (namedCurve !== NODE_EDWARDS) throw new OpError('NotSupportedError', `Unrecognized namedCurve for ${NODE_EDWARDS}.`);
  return { name: 'Ed25519' };
};

/** One call, member by member. */
export class Wire {
  readonly #context: OpContext;
  readonly #members: Record<string, unknown>;
  readonly #binaries: Uint8Array<ArrayBuffer>[];

  /** The number of the event that calls. */
  readonly event: number;

  constructor(context: OpContext, event: number, text: unknown, binaries: readonly unknown[]) {
    const members = parse(text);
    if (typeof members !== 'object' || members === null) throw malformed();
    this.#context = context;
    this.event = event;
    this.#members = members as Record<string, unknown>;
    this.#binaries = binaries.map(toBytes);
  }

  /** Is there still someone to answer? What is made for an event that is over nobody would ever release. */
  get isWanted(): boolean {
    return this.event === 0 || this.#context.event(this.event) !== undefined;
  }

  /** Everything the call brings along, in bytes. */
  get size(): number {
    return this.#binaries.reduce((size, { byteLength }) => size + byteLength, 0);
  }

  algorithm(member: 'algorithm' | 'derived' = 'algorithm'): Algorithm {
    const given = this.#own(this.#members, member);
    if (typeof given !== 'object' || given === null) throw malformed();
    const algorithm: Record<string, unknown> = {};
    for (const [key, type] of Object.entries(MEMBERS)) {
      const value = this.#own(given, key);
      if (value === undefined) continue;
      if (type === 'bytes') algorithm[key] = this.#at(toCount(value));
      else if (type === 'key') algorithm[key] = this.#keyOf(value).key;
      else if (type === 'number') algorithm[key] = toCount(value);
      else if (typeof value === 'string') algorithm[key] = value;
      else throw malformed();
    }
    if (algorithm['name'] === undefined) throw malformed();
    if (algorithm['name'] === NODE_EDWARDS) return edwards(algorithm);
    return algorithm as Algorithm;
  }

  key(member: 'key' | 'wrapping' = 'key'): HostKey {
    return this.#keyOf(this.#own(this.#members, member));
  }

  get format(): string {
    const { format } = this.#members;
    if (typeof format !== 'string') throw malformed();
    return format;
  }

  get extractable(): boolean {
    return this.#members['extractable'] === true;
  }

  get usages(): ReturnType<typeof usagesOf> {
    return usagesOf(toCount(this.#members['usages']));
  }

  /** The length of deriveBits; null where none was given. */
  get length(): number | null {
    const { length } = this.#members;
    return length === null ? null : toCount(length);
  }

  get jwk(): object {
    const jwk = this.#own(this.#members, 'jwk');
    if (typeof jwk !== 'object' || jwk === null) throw malformed();
    return jwk;
  }

  /** The operation's own bytes, counted from the last: 0 is the data, 1 the signature. */
  bytes(fromLast = 0): Uint8Array<ArrayBuffer> {
    return this.#at(this.#binaries.length - 1 - fromLast);
  }

  #own(object: object, key: string): unknown {
    return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
  }

  #at(index: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#binaries[index];
    if (bytes === undefined) throw malformed();
    return bytes;
  }

  #keyOf(handle: unknown): HostKey {
    const key = this.#context.handles.get(handle, HostKey);
    if (key === undefined) throw malformed();
    return key;
  }
}
