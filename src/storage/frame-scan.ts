/**
 * Looks through a frame before V8 takes it apart.
 *
 * Contract: what passes is made of what processes of this server send each other: a list of plain objects, lists, texts,
 * numbers and bytes, no deeper and of no more parts than theirs. All else V8 would make something of, and whoever was given
 * it would look at it, for as long as it takes: lists of four thousand million holes, a list in a list in a list that each
 * claim to be as long as all that is left, maps whose keys all fall into one place, references from everything to everything.
 * @see https://chromium.googlesource.com/v8/v8/+/refs/heads/main/src/objects/value-serializer.cc
 */
import { serialize } from 'node:v8';

/** Of a list of calls, of which one is to store an object with all that is known of it, half. */
const MOST_DEPTH = 16;
/** Objects, lists and pieces of bytes. */
const MOST_OBJECTS = 2 ** 19;
/** As somebody comes upon them who follows every reference. */
const MOST_VALUES = 2 ** 25;
/** Of one object: the names that R2 has for metadata of an app's own are bounded by their length. */
const MOST_PROPERTIES = 4096;

const HEAD = serialize(null).subarray(0, 2);

const code = (tag: string): number => tag.charCodeAt(0);
const PADDING = 0;
const UNDEFINED = code('_');
const NULL = code('0');
const TRUE = code('T');
const FALSE = code('F');
const INT = code('I');
const UINT = code('U');
const DOUBLE = code('N');
const LATIN1 = code('"');
const UTF16 = code('c');
const OBJECT = code('o');
const OBJECT_END = code('{');
const LIST = code('A');
const LIST_END = code('$');
const LOOSE_LIST = code('a');
const LOOSE_LIST_END = code('@');
const BYTES = code('\\');
const REFERENCE = code('^');

const DOUBLE_BYTES = 8;
const NUMBER_BITS = 32;

class Scan {
  readonly #bytes: Uint8Array;
  #at: number;
  /** Elements that lists have announced and that are still to come. */
  #announced = 0;
  /** Values in each object, with what it refers to as often as it does; 0 while there are more to come. */
  readonly #sizes: number[] = [];

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  run(): boolean {
    const tag = this.#bytes[this.#at];
    return (tag === LIST || tag === LOOSE_LIST) && this.#value(0) !== undefined && this.#at === this.#bytes.length;
  }

  /** Passes a value. @returns how many there are in it, with itself; undefined where it is none of ours */
  #value(depth: number): number | undefined {
    switch (this.#tag()) {
      case UNDEFINED:
      case NULL:
      case TRUE:
      case FALSE:
        return 1;
      case INT:
      case UINT:
        return this.#number() === undefined ? undefined : 1;
      case DOUBLE:
        return this.#skip(DOUBLE_BYTES);
      case LATIN1:
      case UTF16:
        return this.#skip(this.#number());
      case OBJECT:
        return this.#object(depth + 1);
      case LIST:
        return this.#list(depth + 1, LIST_END);
      case LOOSE_LIST:
        return this.#list(depth + 1, LOOSE_LIST_END);
      case BYTES:
        return this.#view();
      case REFERENCE:
        return this.#sizes[this.#number() ?? -1] || undefined;
      default:
        return undefined;
    }
  }

  #object(depth: number): number | undefined {
    const id = this.#begin(depth);
    if (id === undefined) return undefined;
    let size = 1;
    for (let properties = 0; ; properties++) {
      const tag = this.#tag();
      if (tag === OBJECT_END) {
        if (this.#number() !== properties) return undefined;
        break;
      }
      const isKey = tag === LATIN1 || tag === UTF16 ? this.#skip(this.#number()) : (tag === INT || tag === UINT) && this.#number();
      const value = isKey !== undefined && isKey !== false && properties < MOST_PROPERTIES ? this.#value(depth) : undefined;
      if (value === undefined) return undefined;
      size += value;
    }
    return this.#end(id, size);
  }

  /** @param end loose ones name each element's place: so V8 writes lists that might have holes, as `map` may make them. They must not have any. */
  #list(depth: number, end: number): number | undefined {
    const isLoose = end === LOOSE_LIST_END;
    const id = this.#begin(depth);
    const length = this.#number();
    if (id === undefined || length === undefined) return undefined;
    // V8 makes room for a list as soon as it hears of it.
    this.#announced += length;
    if (this.#announced > this.#bytes.length - this.#at) return undefined;
    let size = 1;
    for (let i = 0; i < length; i++) {
      this.#announced--;
      // Numbers that may be below zero are twice what they are.
      if (isLoose && (this.#tag() !== INT || this.#number() !== 2 * i)) return undefined;
      const value = this.#value(depth);
      if (value === undefined) return undefined;
      size += value;
    }
    if (this.#tag() !== end || this.#number() !== (isLoose ? length : 0) || this.#number() !== length) return undefined;
    return this.#end(id, size);
  }

  #end(id: number, size: number): number | undefined {
    this.#sizes[id] = size;
    return size > MOST_VALUES ? undefined : size;
  }

  #view(): number | undefined {
    const id = this.#begin(0);
    if (id === undefined || this.#number() === undefined) return undefined;
    return this.#skip(this.#number()) === undefined ? undefined : this.#end(id, 1);
  }

  /** Numbers objects as V8 does. */
  #begin(depth: number): number | undefined {
    const id = this.#sizes.push(0) - 1;
    return depth > MOST_DEPTH || id >= MOST_OBJECTS ? undefined : id;
  }

  #tag(): number | undefined {
    while (this.#bytes[this.#at] === PADDING) this.#at++;
    return this.#bytes[this.#at++];
  }

  #skip(bytes: number | undefined): 1 | undefined {
    if (bytes === undefined || bytes > this.#bytes.length - this.#at) return undefined;
    this.#at += bytes;
    return 1;
  }

  /** Seven bits in each byte, the low ones first. */
  #number(): number | undefined {
    let [number, unit] = [0, 1];
    for (let bits = 0; bits < NUMBER_BITS; bits += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return undefined;
      number += (byte & 0x7f) * unit;
      if (byte < 0x80) return number;
      unit *= 128;
    }
    return undefined;
  }
}

/** @param bytes of what `serialize` has made of a list */
export function isPlain(bytes: Uint8Array): boolean {
  return bytes[0] === HEAD[0] && bytes[1] === HEAD[1] && new Scan(bytes, HEAD.length).run();
}
