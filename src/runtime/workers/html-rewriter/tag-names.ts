/**
 * Tag names as numbers, so that nothing on the way of an ordinary tag makes a string.
 *
 * Contract: a name's number is the same as long as an element of that name is open or a selector asks
 * for it. Numbers of other names are taken back once there are many, so that a document with ever new
 * names needs no more memory than its open elements do.
 */
import {
  ArrayPrototypePop,
  ArrayPrototypePush,
  MathMax,
  StringPrototypeCharCodeAt,
  StringPrototypeIncludes,
  StringPrototypeSplit,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { LOWER } from './ascii.ts';

/** What the parser must know of a name. */
export const VOID = 1;
/** Its content is text up to its end tag (RCDATA and RAWTEXT). */
export const RAW = 2;
/** Its start tag leaves foreign content. @see https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inforeign */
export const BREAKOUT = 4;
/** An integration point when in MathML, or in SVG. */
export const MATHML_POINT = 8;
export const SVG_POINT = 16;

const WITH_FLAGS: readonly [flags: number, names: string][] = [
  [VOID, ' area base basefont bgsound br col embed hr img input keygen link meta param source track wbr '],
  [RAW, ' textarea title style iframe xmp noembed noframes noscript '],
  [
    BREAKOUT,
    ' b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var ',
  ],
  [MATHML_POINT, ' mi mo mn ms mtext '],
  [SVG_POINT, ' desc title foreignobject '],
];

// The first ones are asked for by number: keep them in the order of the constants below.
const KNOWN =
  'script plaintext svg math font annotation-xml select frameset template noframes p br textarea input keygen title style iframe xmp noembed noscript ' +
  'area base basefont bgsound col embed hr img link meta param source track wbr b big blockquote body center code dd div dl dt em h1 h2 h3 h4 h5 h6 head i li listing ' +
  'menu nobr ol pre ruby s small span strong strike sub sup table tt u ul var mi mo mn ms mtext desc foreignobject ' +
  'a button form html label option path picture section header footer main nav article aside tbody td th thead tr g figure video';
export const SCRIPT = 1;
export const PLAINTEXT = 2;
export const SVG = 3;
export const MATH = 4;
export const FONT = 5;
export const ANNOTATION_XML = 6;
export const SELECT = 7;
export const FRAMESET = 8;
export const TEMPLATE = 9;
export const NOFRAMES = 10;
export const P = 11;
export const BR = 12;
export const TEXTAREA = 13;
export const INPUT = 14;
export const KEYGEN = 15;

/** The hash that scanners build up byte by byte, of bytes in lower case. */
export const hashStep = (hash: number, lower: number): number => (hash * 31 + lower) | 0;

type Entry = { id: number; hash: number; name: Uint8Array; flags: number; isKept: boolean; next: Entry | undefined };

const SLOTS = 256;

function bytesOf(name: string): Uint8Array {
  const bytes = new Uint8ArrayCtor(name.length);
  for (let i = 0; i < name.length; i++) bytes[i] = StringPrototypeCharCodeAt(name, i);
  return bytes;
}

function hashOf(name: Uint8Array, length: number): number {
  let hash = 0;
  for (let i = 0; i < length; i++) hash = hashStep(hash, LOWER[name[i] as number] as number);
  return hash;
}

const slotOf = (hash: number): number => (hash ^ (hash >>> 11)) & (SLOTS - 1);

/** Id 0: no name. */
const knownEntries: Entry[] = [];
const knownSlots: (Entry | undefined)[] = [];
for (let i = 0; i < SLOTS; i++) knownSlots[i] = undefined;
const knownNames = StringPrototypeSplit(KNOWN, ' ');
for (let i = 0; i < knownNames.length; i++) {
  const text = knownNames[i] as string;
  const name = bytesOf(text);
  const hash = hashOf(name, name.length);
  let flags = 0;
  for (let k = 0; k < WITH_FLAGS.length; k++) {
    // By index: this runs when the app has, and it may have changed how arrays are iterated.
    const entry = WITH_FLAGS[k] as (typeof WITH_FLAGS)[number];
    const flag = entry[0];
    const names = entry[1];
    if (StringPrototypeIncludes(names, ` ${text} `)) flags |= flag;
  }
  const slot = slotOf(hash);
  const entry: Entry = { id: i + 1, hash, name, flags, isKept: true, next: knownSlots[slot] };
  knownSlots[slot] = knownEntries[entry.id] = entry;
}

function search(first: Entry | undefined, hash: number, bytes: Uint8Array, start: number, length: number): Entry | undefined {
  for (let entry = first; entry !== undefined; entry = entry.next) {
    if (entry.hash !== hash || entry.name.length !== length) continue;
    const { name } = entry;
    let i = 0;
    while (i < length && LOWER[bytes[start + i] as number] === name[i]) i++;
    if (i === length) return entry;
  }
  return undefined;
}

/** @returns the flags of a known name, 0 for others */
export function flagsOf(id: number): number {
  return id > 0 && id <= knownNames.length ? (knownEntries[id] as Entry).flags : 0;
}

/** `isOpen` tells whether an element of that number is open. */
export class TagNames {
  #slots: (Entry | undefined)[] = [];
  #entries: Entry[] = [];
  #free: number[] = [];
  #nextId = knownNames.length + 1;
  #limit = 512;
  #isOpen: (id: number) => boolean;

  constructor(isOpen: (id: number) => boolean) {
    this.#isOpen = isOpen;
  }

  /** The number of the name at `start`; 0 where nobody has given it one. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const slot = slotOf(hash);
    const length = end - start;
    const entry = search(knownSlots[slot], hash, bytes, start, length) ?? search(this.#slots[slot], hash, bytes, start, length);
    return entry === undefined ? 0 : entry.id;
  }

  /** Gives a name a number; `find` found none. */
  add(hash: number, bytes: Uint8Array, start: number, end: number, isKept = false): number {
    if (this.#entries.length >= this.#limit) this.#sweep();
    const name = new Uint8ArrayCtor(end - start);
    for (let i = 0; i < name.length; i++) name[i] = LOWER[bytes[start + i] as number] as number;
    const slot = slotOf(hash);
    const id = ArrayPrototypePop(this.#free) ?? this.#nextId++;
    const entry: Entry = { id, hash, name, flags: 0, isKept, next: this.#slots[slot] };
    this.#slots[slot] = entry;
    ArrayPrototypePush(this.#entries, entry);
    return id;
  }

  /** The number of a name that is kept for good. @param bytes the name as the document would write it */
  keep(bytes: Uint8Array): number {
    const { length } = bytes;
    const hash = hashOf(bytes, length);
    return this.find(hash, bytes, 0, length) || this.add(hash, bytes, 0, length, true);
  }

  #sweep(): void {
    const old = this.#entries;
    this.#slots = [];
    this.#entries = [];
    for (let i = 0; i < old.length; i++) {
      const entry = old[i] as Entry;
      if (entry.isKept || this.#isOpen(entry.id)) {
        const slot = slotOf(entry.hash);
        entry.next = this.#slots[slot];
        this.#slots[slot] = entry;
        ArrayPrototypePush(this.#entries, entry);
      } else ArrayPrototypePush(this.#free, entry.id);
    }
    this.#limit = MathMax(512, this.#entries.length * 2);
  }
}
