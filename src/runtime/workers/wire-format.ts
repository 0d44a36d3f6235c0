/**
 * The format that wire-values.ts writes and reads.
 *
 * Version byte, then one value; a value is a tag byte and what the tag says. Numbers that count are varints of seven
 * bits a byte. Objects are numbered in the order they are met, `reference` names one met before. It is kept in
 * queues: tags are added, never changed.
 */
import { Float64ArrayCtor, Uint8ArrayCtor } from '../primordials.ts';

/** What stands for an object on its way: a number that says what it is, and a value that can be cloned. */
export type External = { kind: number; data: unknown };

/** How objects travel that are no data. */
export type Externals = {
  /** Asked for every function and every object that is neither plain nor an array. May throw to refuse it; undefined: cloned, or refused, as usual. */
  replace?: (value: object) => External | undefined;
  /** Makes the object that takes its place at the other end. */
  revive?: (kind: number, data: unknown) => unknown;
};

export const VERSION = 1;

export const Tag = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  /** zigzag varint */
  integer: 4,
  /** eight bytes, little endian */
  double: 5,
  /** 0 or 1 for the sign, hexadecimal digits as latin1 */
  bigint: 6,
  /** length, a byte each */
  latin1: 7,
  /** length, two bytes each */
  utf16: 8,
  reference: 9,
  /** count, then key (a string without its tag's object number) and value each */
  object: 10,
  /** length, values */
  array: 11,
  /** length, count, then key and value each: an array with holes or other properties */
  sparse: 12,
  date: 13,
  /** source, flags */
  regexp: 14,
  /** count, then key and value each */
  map: 15,
  set: 16,
  /** length, bytes */
  buffer: 17,
  /** index in VIEWS, buffer, offset, length */
  view: 18,
  /** type's name, flags, then message, stack, cause, and count, key and value of own properties as the flags say */
  error: 19,
  /** name, message, stack */
  domException: 20,
  /** Boolean, Number, String and BigInt objects: the primitive */
  wrapper: 21,
  /** kind, data */
  external: 22,
} as const;

/** Positions are written: only ever add. */
export const VIEWS = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

export const HAS_MESSAGE = 1;
export const HAS_CAUSE = 2;
export const HAS_PROPERTIES = 4;

/** Eight bytes and the number they are; shared, so nothing keeps them across a call into other code. */
export const double = new Float64ArrayCtor(1);
export const doubleBytes = new Uint8ArrayCtor(double.buffer);
