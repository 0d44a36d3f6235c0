/**
 * Gives every memory that a WebAssembly module declares a maximum, by rewriting its memory section.
 *
 * V8 counts WebAssembly memory in no limit of the isolate's, and `memory.grow` inside the module
 * calls nothing that could be intercepted: the only place to hold it is the declaration.
 *
 * Contract, binding on changes to this file: what it returns is either the module with each memory
 * bounded, or nothing (`undefined`) where it could not read the module to its end. A module that V8
 * accepts and this file could not read must not be run.
 * @see https://webassembly.github.io/spec/core/binary/modules.html
 */
import {
  ArrayPrototypePush,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSubarray,
  Uint8ArrayCtor,
} from '../../primordials.ts';

export type Limited = {
  bytes: Uint8Array<ArrayBuffer>;
  /** Memories that the module declares (not those it imports). */
  memories: number;
  /** What they hold when an instance is made, in pages. */
  initialPages: number;
  /** One of them is shared. */
  isShared: boolean;
};

const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const SHARED = 2;
export const PREAMBLE = 8;

/** A position in the bytes; -1 once something could not be read. */
export type Cursor = { at: number };

/** @see https://webassembly.github.io/spec/core/binary/values.html#integers */
export const readUnsigned = (bytes: Uint8Array, cursor: Cursor, end: number): number => {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (cursor.at < 0 || cursor.at >= end) break;
    const byte = bytes[cursor.at++] as number;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  cursor.at = -1;
  return 0;
};

const writeUnsigned = (into: number[], value: number): void => {
  let rest = value;
  while (rest >= 0x80) {
    ArrayPrototypePush(into, (rest % 0x80) | 0x80);
    rest = (rest - (rest % 0x80)) / 0x80;
  }
  ArrayPrototypePush(into, rest);
};

/**
 * @param bytes the module; not changed
 * @param maxPages the most each memory may have, in pages of 64 KiB
 */
export function limitMemory(bytes: Uint8Array, maxPages: number): Limited | undefined {
  const length = TypedArrayPrototypeGetByteLength(bytes);
  const limited: Limited = { bytes: bytes as Uint8Array<ArrayBuffer>, memories: 0, initialPages: 0, isShared: false };
  const cursor: Cursor = { at: PREAMBLE };
  if (length < PREAMBLE) return undefined;
  while (cursor.at < length) {
    const start = cursor.at;
    const id = bytes[cursor.at++];
    const size = readUnsigned(bytes, cursor, length);
    const contentStart = cursor.at;
    if (contentStart < 0 || contentStart + size > length) return undefined;
    cursor.at = contentStart + size;
    if (id !== MEMORY_SECTION) continue;
    const section = limitSection(bytes, contentStart, contentStart + size, maxPages, limited);
    if (section === undefined) return undefined;
    limited.bytes = splice(bytes, start, contentStart + size, section);
    // A module has one memory section; what follows holds none.
    return walksToEnd(bytes, contentStart + size, length) ? limited : undefined;
  }
  return limited;
}

/** Reads the rest section by section; false where that fails or where there is another memory section. */
const walksToEnd = (bytes: Uint8Array, from: number, length: number): boolean => {
  const cursor: Cursor = { at: from };
  while (cursor.at < length) {
    if (bytes[cursor.at++] === MEMORY_SECTION) return false;
    const size = readUnsigned(bytes, cursor, length);
    if (cursor.at < 0 || cursor.at + size > length) return false;
    cursor.at += size;
  }
  return true;
};

/** The memory section anew, header included. */
const limitSection = (bytes: Uint8Array, start: number, end: number, maxPages: number, limited: Limited): number[] | undefined => {
  const cursor: Cursor = { at: start };
  const count = readUnsigned(bytes, cursor, end);
  const content: number[] = [];
  writeUnsigned(content, count);
  for (let i = 0; i < count; i++) {
    if (cursor.at < 0 || cursor.at >= end) return undefined;
    const flags = bytes[cursor.at++] as number;
    // Bits above are page sizes and index types of later proposals, whose units are not pages: not run.
    if (flags > 7) return undefined;
    // Shared memory without a maximum is invalid, and is not to become valid here.
    if ((flags & SHARED) !== 0 && (flags & HAS_MAXIMUM) === 0) return undefined;
    const initial = readUnsigned(bytes, cursor, end);
    const maximum = (flags & HAS_MAXIMUM) === 0 ? Number.POSITIVE_INFINITY : readUnsigned(bytes, cursor, end);
    if (cursor.at < 0) return undefined;
    if ((flags & SHARED) !== 0) limited.isShared = true;
    limited.memories++;
    limited.initialPages += initial;
    ArrayPrototypePush(content, flags | HAS_MAXIMUM);
    writeUnsigned(content, initial);
    // A maximum below the initial size is invalid: where that would come out, making an instance is refused instead.
    writeUnsigned(content, maximum < maxPages ? maximum : initial > maxPages ? initial : maxPages);
  }
  if (cursor.at !== end) return undefined;
  const section: number[] = [MEMORY_SECTION];
  writeUnsigned(section, content.length);
  for (let i = 0; i < content.length; i++) ArrayPrototypePush(section, content[i] as number);
  return section;
};

const splice = (bytes: Uint8Array, start: number, end: number, section: number[]): Uint8Array<ArrayBuffer> => {
  const length = TypedArrayPrototypeGetByteLength(bytes);
  const result = new Uint8ArrayCtor(length - (end - start) + section.length);
  TypedArrayPrototypeSet(result, TypedArrayPrototypeSubarray(bytes, 0, start));
  TypedArrayPrototypeSet(result, section, start);
  TypedArrayPrototypeSet(result, TypedArrayPrototypeSubarray(bytes, end), start + section.length);
  return result;
};
