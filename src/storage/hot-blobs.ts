/**
 * Blobs that are read again and again, in memory: reading a large file takes as long as sending it does.
 *
 * Contract: what has a blob's name never changes, so nothing here is out of date; who may read one is settled by whoever
 * looked its name up. Memory is bounded, and what is being read counts: clients that are slow to take what they have asked
 * for keep no more of it here than the bound says.
 *
 * What is here stays until something else is asked for far more often: where more is read in turn than there is room for,
 * a part of it is here all the time, and nothing is read for nothing.
 */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { MemoryStream } from './memory-stream.ts';

/** Longer ones are read from their files. */
const MOST_BLOB_BYTES = 16 * 1024 * 1024;
/** Blobs whose uses are counted. */
const MOST_KNOWN = 2048;
/** Before it is worth having here. */
const FEWEST_USES = 2;
/** After so many uses of all each counts half: what was asked for long ago makes room. */
const AGE_AFTER = 2048;

type Known = { bytes: Uint8Array | undefined; uses: number; readers: number };

export class HotBlobs {
  readonly #bound: number;
  /** By path; whatever was used last is last. */
  readonly #known = new Map<string, Known>();
  #bytes = 0;
  #uses = 0;
  #filling: Promise<void> | undefined;

  /** @param bound bytes */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Settles when what is being taken in is here. */
  get filling(): Promise<void> | undefined {
    return this.#filling;
  }

  /** Part of a blob, if it is here. One that is asked for again from its beginning may be here the next time. */
  read(path: string, offset: number, length: number): Readable | undefined {
    if (length > MOST_BLOB_BYTES) return undefined;
    // Of what is read in parts only the parts are worth reading.
    const known = offset === 0 ? this.#use(path) : this.#known.get(path);
    if (known === undefined) return undefined;
    if (known.bytes === undefined) {
      if (offset === 0 && this.#filling === undefined && this.#isWorthwhile(known, length)) this.#filling = this.#fill(path, known, length);
      return undefined;
    }
    if (offset + length > known.bytes.length) return undefined;
    known.readers++;
    return new MemoryStream(known.bytes.subarray(offset, offset + length), () => known.readers--);
  }

  #use(path: string): Known {
    const known = this.#known.get(path) ?? { bytes: undefined, uses: 0, readers: 0 };
    known.uses++;
    this.#known.delete(path);
    this.#known.set(path, known);
    if (this.#known.size > MOST_KNOWN) this.#forgetOne();
    if (++this.#uses > AGE_AFTER) this.#age();
    return known;
  }

  #forgetOne(): void {
    for (const [path, { bytes }] of this.#known) {
      if (bytes === undefined) return void this.#known.delete(path);
    }
  }

  #age(): void {
    this.#uses = 0;
    for (const known of this.#known.values()) known.uses >>>= 1;
  }

  /** There is room, or those are here that are asked for far less. */
  #isWorthwhile({ uses }: Known, length: number): boolean {
    if (uses < FEWEST_USES) return false;
    let free = this.#bound - this.#bytes;
    for (const one of this.#known.values()) {
      if (free >= length) break;
      if (isLess(one, uses)) free += one.bytes?.length ?? 0;
    }
    return free >= length;
  }

  /** Takes in what whoever has asked reads, too. Where that fails, they hear of it. */
  async #fill(path: string, known: Known, length: number): Promise<void> {
    try {
      const bytes = await readStart(path, length);
      if (bytes !== undefined && this.#makeRoom(known, length)) {
        known.bytes = bytes;
        this.#bytes += bytes.length;
      }
    } catch {
      // Gone meanwhile, most likely.
    } finally {
      this.#filling = undefined;
    }
  }

  #makeRoom({ uses }: Known, length: number): boolean {
    for (const one of this.#known.values()) {
      if (this.#bytes + length <= this.#bound) break;
      if (one.bytes === undefined || !isLess(one, uses)) continue;
      this.#bytes -= one.bytes.length;
      one.bytes = undefined;
    }
    return this.#bytes + length <= this.#bound;
  }
}

/** Nobody reads it just now, and it is asked for far less often than what was used so many times. */
function isLess({ uses, readers }: Known, than: number): boolean {
  return readers === 0 && uses * 2 + FEWEST_USES < than;
}

async function readStart(path: string, length: number): Promise<Uint8Array | undefined> {
  const file = await open(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(length);
    let at = 0;
    while (at < length) {
      const { bytesRead } = await file.read(bytes, at, length - at, at);
      if (bytesRead === 0) return undefined;
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
