/**
 * The bytes of assets: small files stay in memory, within a bound for all apps of the engine; others are read as they are sent.
 *
 * Contract: a path is made of a version's folder and a name that was made from a content (see ASSET_NAME), and of
 * nothing that a request says. What has a name never changes.
 */
import { createReadStream, open } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type AppOpenings, openStream } from '../../base/openings.ts';
import { ASSET_NAME, ASSETS_DIR } from '../../protocol/assets.ts';

/** Files up to this size are kept. */
const MOST_KEPT_BYTES = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
// Streams over a descriptor are quicker than those over a FileHandle.
const openFile = promisify(open) as (path: string, flags: string) => Promise<number>;

type Kept = { readonly bytes: Uint8Array; isUsed: boolean };

export class AssetFiles {
  readonly #bound: number;
  /** The oldest first; those that were used since they came, or were last seen here, get another round. */
  readonly #kept = new Map<string, Kept>();
  readonly #reading = new Map<string, Promise<Uint8Array>>();
  #bytes = 0;

  /** @param bound bytes kept in memory */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  isKept(size: number): boolean {
    return size <= MOST_KEPT_BYTES && size <= this.#bound;
  }

  /** The file, if it is in memory. */
  peek(dir: string, file: string): Uint8Array | undefined {
    const path = pathOf(dir, file);
    const kept = this.#kept.get(path);
    if (kept === undefined) return undefined;
    kept.isUsed = true;
    return kept.bytes;
  }

  /** The whole file, which is kept from now on. */
  read(dir: string, file: string): Promise<Uint8Array> {
    const path = pathOf(dir, file);
    let reading = this.#reading.get(path);
    if (reading === undefined) {
      reading = readFile(path)
        .then((bytes) => this.#keep(path, bytes))
        .finally(() => this.#reading.delete(path));
      this.#reading.set(path, reading);
    }
    return reading;
  }

  /** Part of a file, as a stream; the file is open when this resolves. @param end the last byte's position @param openings of the app */
  stream(dir: string, file: string, start: number, end: number, openings?: AppOpenings): Promise<Readable> {
    return openStream(openings, async () => {
      const fd = await openFile(pathOf(dir, file), 'r');
      return createReadStream('', { fd, start, end, highWaterMark: CHUNK_BYTES });
    });
  }

  #keep(path: string, bytes: Uint8Array): Uint8Array {
    if (!this.isKept(bytes.byteLength) || this.#kept.has(path)) return bytes;
    this.#kept.set(path, { bytes, isUsed: false });
    this.#bytes += bytes.byteLength;
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#bound) break;
      if (oldest === path) continue;
      this.#kept.delete(oldest);
      if (kept.isUsed) {
        kept.isUsed = false;
        this.#kept.set(oldest, kept);
      } else this.#bytes -= kept.bytes.byteLength;
    }
    return bytes;
  }
}

function pathOf(dir: string, file: string): string {
  if (!ASSET_NAME.test(file)) throw new Error('no name of an asset');
  return join(dir, ASSETS_DIR, file);
}
