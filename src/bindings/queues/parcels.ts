/**
 * Messages that are stored, handed out and done with together, as one piece of bytes: what they take of the database and
 * of the ways between processes is paid once for all of them.
 *
 * Layout, in words of four bytes, low byte first: how many messages; then for each its type (top byte) and its length in
 * characters, and its length in bytes; then their bodies, text as UTF-8. Of bytes both lengths are the same.
 */
import { invalidCall } from '../../base/op-error.ts';
import { type ContentType, MOST_MESSAGE_BYTES, type NewMessage } from './messages.ts';

/** By the number that stands for each: texts first. */
const TYPES: readonly ContentType[] = ['text', 'json', 'bytes', 'v8'];
const TEXTS = 2;
const TYPE_UNIT = 2 ** 24;
const COUNT_BYTES = 4;
const HEAD_BYTES = 8;

/** Parcels are made larger up to what a batch may hold, and to what may well be read to take one message out of it. */
export const MOST_MERGED = 100;
export const MOST_MERGED_BYTES = 256 * 1024;

export type PackedMessage = { type: ContentType; body: string | Uint8Array; size: number };

/** What a consumer's isolate takes: types and lengths as the isolate counts them, all texts, and all bytes. */
export type Contents = { heads: [ContentType, number][]; text: string; bytes: Uint8Array[] };

export function isText(type: ContentType): boolean {
  return type === 'text' || type === 'json';
}

export function pack(messages: readonly Omit<NewMessage, 'delayMs'>[]): Uint8Array {
  let at = COUNT_BYTES + messages.length * HEAD_BYTES;
  const parcel = Buffer.allocUnsafe(messages.reduce((sum, { size }) => sum + size, at));
  parcel.writeUInt32LE(messages.length);
  messages.forEach(({ type, body, size }, index) => {
    const head = COUNT_BYTES + index * HEAD_BYTES;
    parcel.writeUInt32LE(TYPES.indexOf(type) * TYPE_UNIT + body.length, head);
    parcel.writeUInt32LE(size, head + 4);
    if (typeof body !== 'string') parcel.set(body, at);
    else if (body.length === size) parcel.write(body, at, 'latin1');
    else parcel.write(body, at);
    at += size;
  });
  return parcel;
}

/** @param value anything that was sent as a parcel @returns how many messages there are in it, and their bytes @throws where it is none */
export function measure(value: unknown): { count: number; bytes: number } {
  if (!(value instanceof Uint8Array) || value.length < COUNT_BYTES + HEAD_BYTES) throw invalidCall();
  const parcel = bufferOf(value);
  const count = parcel.readUInt32LE();
  const start = COUNT_BYTES + count * HEAD_BYTES;
  if (count === 0 || start > parcel.length) throw invalidCall();
  let bytes = 0;
  for (let head = COUNT_BYTES; head < start; head += HEAD_BYTES) {
    const word = parcel.readUInt32LE(head);
    const size = parcel.readUInt32LE(head + 4);
    if (word >= TYPES.length * TYPE_UNIT || word % TYPE_UNIT > size || size > MOST_MESSAGE_BYTES) throw invalidCall();
    bytes += size;
  }
  if (start + bytes !== parcel.length) throw invalidCall();
  return { count, bytes };
}

/** All messages of several parcels in one. */
export function merge(parcels: readonly Uint8Array[]): Uint8Array {
  if (parcels.length === 1) return parcels[0] as Uint8Array;
  const count = Buffer.allocUnsafe(COUNT_BYTES);
  const [heads, bodies]: [Uint8Array[], Uint8Array[]] = [[], []];
  let total = 0;
  for (const parcel of parcels) {
    const start = bodiesOf(bufferOf(parcel));
    total += (start - COUNT_BYTES) / HEAD_BYTES;
    heads.push(parcel.subarray(COUNT_BYTES, start));
    bodies.push(parcel.subarray(start));
  }
  count.writeUInt32LE(total);
  return Buffer.concat([count, ...heads, ...bodies]);
}

/** Some of a parcel's messages, as a parcel. @param to the first that is left out @returns `bytes` of their bodies */
export function cut(value: Uint8Array, from: number, to: number): { data: Uint8Array; bytes: number } {
  const parcel = bufferOf(value);
  const [head, headEnd] = [COUNT_BYTES + from * HEAD_BYTES, COUNT_BYTES + to * HEAD_BYTES];
  let start = bodiesOf(parcel);
  for (let at = COUNT_BYTES; at < head; at += HEAD_BYTES) start += parcel.readUInt32LE(at + 4);
  let end = start;
  for (let at = head; at < headEnd; at += HEAD_BYTES) end += parcel.readUInt32LE(at + 4);
  const count = Buffer.allocUnsafe(COUNT_BYTES);
  count.writeUInt32LE(to - from);
  return { data: Buffer.concat([count, parcel.subarray(head, headEnd), parcel.subarray(start, end)]), bytes: end - start };
}

export function unpack(value: Uint8Array): PackedMessage[] {
  const parcel = bufferOf(value);
  const start = bodiesOf(parcel);
  const messages: PackedMessage[] = [];
  let at = start;
  for (let head = COUNT_BYTES; head < start; head += HEAD_BYTES) {
    const type = TYPES[Math.floor(parcel.readUInt32LE(head) / TYPE_UNIT)] as ContentType;
    const size = parcel.readUInt32LE(head + 4);
    messages.push({ type, body: isText(type) ? parcel.toString('utf8', at, at + size) : parcel.subarray(at, at + size), size });
    at += size;
  }
  return messages;
}

export function contentsOf(value: Uint8Array): Contents {
  const parcel = bufferOf(value);
  const start = bodiesOf(parcel);
  const heads: [ContentType, number][] = [];
  const bytes: Uint8Array[] = [];
  const texts: string[] = [];
  let at = start;
  /** Where the texts begin that are yet to be read: those that lie side by side are read at once. */
  let from = start;
  for (let head = COUNT_BYTES; head < start; head += HEAD_BYTES) {
    const word = parcel.readUInt32LE(head);
    const size = parcel.readUInt32LE(head + 4);
    const number = Math.floor(word / TYPE_UNIT);
    heads.push([TYPES[number] as ContentType, word % TYPE_UNIT]);
    if (number >= TEXTS) {
      if (from < at) texts.push(parcel.toString('utf8', from, at));
      bytes.push(parcel.subarray(at, at + size));
      from = at + size;
    }
    at += size;
  }
  if (from < at) texts.push(parcel.toString('utf8', from, at));
  return { heads, text: texts.length === 1 ? (texts[0] as string) : texts.join(''), bytes };
}

/** Where the bodies begin. */
function bodiesOf(parcel: Buffer): number {
  return COUNT_BYTES + parcel.readUInt32LE() * HEAD_BYTES;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Digits of an id that count the messages of a parcel. */
const COUNTED_DIGITS = 8;

/** The id of a message. @param id of the parcel, which is its first message's @param index among the parcel's messages */
export function idOf(id: string, index: number): string {
  if (index === 0) return id;
  const kept = id.length - COUNTED_DIGITS;
  const number = (Number.parseInt(id.slice(kept), 16) + index) % 2 ** 32;
  return id.slice(0, kept) + number.toString(16).padStart(COUNTED_DIGITS, '0');
}

/** Digits that change while the messages of a parcel are counted, which are few. */
const LOW_DIGITS = 3;
const LOW_NUMBERS = 16 ** LOW_DIGITS;
const LOW = Array.from({ length: LOW_NUMBERS }, (_, number) => number.toString(16).padStart(LOW_DIGITS, '0'));

/** As `idOf`, of each message of a parcel. */
export function idsOf(id: string, count: number): string[] {
  const kept = id.slice(0, -LOW_DIGITS);
  const first = Number.parseInt(id.slice(-LOW_DIGITS), 16);
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const low = first + index;
    ids.push(low < LOW_NUMBERS ? kept + (LOW[low] as string) : idOf(id, index));
  }
  return ids;
}
