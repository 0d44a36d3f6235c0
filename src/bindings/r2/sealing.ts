/**
 * Bytes that are encrypted with a customer's key: AES-256-GCM in frames, so that any range can be read and what was changed is noticed.
 *
 * A file is frames of 64 KiB, the last one shorter, each followed by its tag. Its key is derived from the customer's with the file's
 * name, which is random and no other file's; the nonce is the number of the frame, and whether it is the last. So no key sees a nonce
 * twice, and frames cannot change places, within a file or between two, nor can some of them be missing.
 * A value in the database is a salt, one frame and its tag, with a key derived from the customer's with that salt.
 *
 * Contract: nothing is given out before its frame's tag was checked; what is read is never changed in place: it may be a cache's.
 */
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, type Hash, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { OpError } from '../../base/op-error.ts';
import { derivedKey, newSalt } from './customer-key.ts';
import type { Span } from './range.ts';

const ALGORITHM = 'aes-256-gcm';
const FRAME_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;

/** What a value takes in the database beside its bytes. */
export const SEALED_VALUE_EXTRA = SALT_BYTES + TAG_BYTES;

/** Frames of so many bytes: there is always one. */
const framesIn = (size: number): number => Math.max(1, Math.ceil(size / FRAME_BYTES));

/** How long the file of so many bytes is. */
export const sealedLength = (size: number): number => size + framesIn(size) * TAG_BYTES;

function nonceOf(frame: number, size: number): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(frame, NONCE_BYTES - 5);
  nonce[NONCE_BYTES - 1] = frame === framesIn(size) - 1 ? 1 : 0;
  return nonce;
}

const cipherFor = (key: Uint8Array, frame: number, size: number): CipherGCM =>
  createCipheriv(ALGORITHM, key, nonceOf(frame, size), { authTagLength: TAG_BYTES });
const decipherFor = (key: Uint8Array, frame: number, size: number): DecipherGCM =>
  createDecipheriv(ALGORITHM, key, nonceOf(frame, size), { authTagLength: TAG_BYTES });

const damaged = (): OpError => new OpError('Error', 'Internal error: the bytes of this object are not those that were stored.');

/** The key of a file. */
export const keyOfFile = (customerKey: KeyObject, name: string): Uint8Array => derivedKey(customerKey, Buffer.from(name, 'hex'), 'file');

export type Sealing = {
  /** Of this file alone. */
  key: Uint8Array;
  /** How many bytes come. */
  size: number;
  /** Are told the bytes as they come. */
  hashes: readonly Hash[];
  wrongLength: () => Error;
};

/** Encrypts a body as it comes. @throws what `wrongLength` makes for one of another length */
export async function* seal(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { key, size, hashes, wrongLength }: Sealing,
): AsyncGenerator<Uint8Array, void, undefined> {
  let taken = 0;
  let frame = 0;
  let cipher = cipherFor(key, frame, size);
  for await (const chunk of body) {
    if (chunk.length > size - taken) throw wrongLength();
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + FRAME_BYTES - (taken % FRAME_BYTES));
      for (const hash of hashes) hash.update(piece);
      yield cipher.update(piece);
      at += piece.length;
      taken += piece.length;
      if (taken % FRAME_BYTES !== 0 || taken === size) continue;
      yield tagOf(cipher);
      cipher = cipherFor(key, ++frame, size);
    }
  }
  if (taken !== size) throw wrongLength();
  yield tagOf(cipher);
}

function tagOf(cipher: CipherGCM): Uint8Array {
  cipher.final();
  return cipher.getAuthTag();
}

/** Where in the file the frames lie that a range needs. */
export function sealedSpan({ offset, length }: Span, size: number): Span {
  const first = Math.floor(offset / FRAME_BYTES);
  const afterLast = Math.min(Math.ceil((offset + length) / FRAME_BYTES), framesIn(size));
  const start = first * (FRAME_BYTES + TAG_BYTES);
  return { offset: start, length: Math.min(afterLast * (FRAME_BYTES + TAG_BYTES), sealedLength(size)) - start };
}

export type Unsealing = Span & {
  key: Uint8Array;
  /** Of all that the file has, in the clear. */
  size: number;
};

/** A range in the clear. @param sealed the bytes of `sealedSpan`; destroyed with what is returned */
export function unsealed(sealed: Readable, range: Unsealing): Readable {
  return Readable.from(opened(sealed, range), { objectMode: false, highWaterMark: 256 * 1024 }).once('close', () => sealed.destroy());
}

async function* opened(sealed: AsyncIterable<Uint8Array>, { key, offset, length, size }: Unsealing): AsyncGenerator<Uint8Array, void, undefined> {
  const end = offset + length;
  let frame = Math.floor(offset / FRAME_BYTES);
  let current = new Frame(key, frame, size);
  for await (const chunk of sealed) {
    for (let at = 0; at < chunk.length; ) {
      at += current.take(chunk.subarray(at));
      if (!current.isWhole) continue;
      const start = frame * FRAME_BYTES;
      const bytes = current.open();
      yield within(bytes, offset - start, end - start);
      if (start + bytes.length >= end) return;
      current = new Frame(key, ++frame, size);
    }
  }
  throw damaged();
}

/** A part of a frame, alone in its memory: it may be handed to a tenant. */
function within(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return from <= 0 && to >= bytes.length ? bytes : new Uint8Array(bytes.subarray(Math.max(from, 0), to));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** A frame that is being read. */
class Frame {
  readonly #decipher: DecipherGCM;
  readonly #pieces: Uint8Array[] = [];
  readonly #tag = Buffer.alloc(TAG_BYTES);
  #left: number;
  #tagged = 0;

  constructor(key: Uint8Array, frame: number, size: number) {
    this.#decipher = decipherFor(key, frame, size);
    this.#left = Math.min(FRAME_BYTES, size - frame * FRAME_BYTES);
  }

  get isWhole(): boolean {
    return this.#tagged === TAG_BYTES;
  }

  /** @returns how many bytes it has taken: some, unless it is whole */
  take(bytes: Uint8Array): number {
    if (this.#left > 0) {
      const piece = bytes.subarray(0, this.#left);
      this.#pieces.push(this.#decipher.update(piece));
      this.#left -= piece.length;
      return piece.length;
    }
    const piece = bytes.subarray(0, TAG_BYTES - this.#tagged);
    this.#tag.set(piece, this.#tagged);
    this.#tagged += piece.length;
    return piece.length;
  }

  open(): Uint8Array {
    finish(this.#decipher, this.#tag);
    return joined(this.#pieces);
  }
}

function finish(decipher: DecipherGCM, tag: Uint8Array): void {
  try {
    decipher.setAuthTag(tag);
    decipher.final();
  } catch {
    throw damaged();
  }
}

/** A few bytes, as they are kept in the database. */
export function sealValue(customerKey: KeyObject, bytes: Uint8Array): Uint8Array {
  const salt = newSalt();
  const cipher = cipherFor(derivedKey(customerKey, salt, 'value'), 0, 0);
  const sealed = cipher.update(bytes);
  return Buffer.concat([salt, sealed, tagOf(cipher)]);
}

/** @returns bytes alone in their memory */
export function openValue(customerKey: KeyObject, sealed: Uint8Array): Uint8Array {
  if (sealed.length < SEALED_VALUE_EXTRA) throw damaged();
  const decipher = decipherFor(derivedKey(customerKey, sealed.subarray(0, SALT_BYTES), 'value'), 0, 0);
  const bytes = decipher.update(sealed.subarray(SALT_BYTES, -TAG_BYTES));
  finish(decipher, sealed.subarray(-TAG_BYTES));
  return bytes;
}
