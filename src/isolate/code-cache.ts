/**
 * V8's code cache of one version of an app: what compiling it cost, kept in memory and on disk.
 *
 * A cache that does not fit (another V8, other flags, a damaged file) is rejected by V8 itself, which
 * then compiles. Writing is best effort: a full disk costs speed, never a request.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ivm from 'isolated-vm';

/** A cache as isolated-vm takes and gives it. */
export type Blob = ivm.ExternalCopy<ArrayBuffer>;

export class CodeCache {
  readonly #dir: string | undefined;
  readonly #blobs = new Map<string, Blob>();
  readonly #missing = new Set<string>();
  readonly #warn: (message: string) => void;
  #warned = false;

  /**
   * @param dir the folder for this version's cache; undefined keeps it in memory only
   * @param warn told once when the cache cannot be written
   */
  constructor(dir: string | undefined, warn: (message: string) => void) {
    this.#dir = dir === undefined ? undefined : path.join(dir, `v8-${process.versions.v8}`);
    this.#warn = warn;
  }

  /** Does it outlive the process? One that does not is worth no extra work. */
  get isPersistent(): boolean {
    return this.#dir !== undefined;
  }

  has(name: string): boolean {
    return this.#blobs.has(name);
  }

  get(name: string): Blob | undefined {
    const known = this.#blobs.get(name);
    if (known !== undefined || this.#dir === undefined || this.#missing.has(name)) return known;
    try {
      const file = this.#file(name);
      if (!existsSync(file)) throw new Error('not cached yet');
      const stored = readFileSync(file);
      // The first 32 bytes are the digest of the rest: V8 checks a cache's own header, not every byte of it.
      const content = stored.subarray(32);
      if (!createHash('sha256').update(content).digest().equals(stored.subarray(0, 32))) throw new Error('damaged');
      const buffer = new ArrayBuffer(content.byteLength);
      new Uint8Array(buffer).set(content);
      const blob = new ivm.ExternalCopy(buffer, { transferOut: true });
      this.#blobs.set(name, blob);
      return blob;
    } catch {
      this.#missing.add(name);
      return undefined;
    }
  }

  put(name: string, blob: Blob): void {
    this.#blobs.set(name, blob);
    if (this.#dir === undefined) return;
    const file = this.#file(name);
    const temporary = `${file}.${process.pid}`;
    try {
      mkdirSync(this.#dir, { recursive: true });
      const content = Buffer.from(blob.copy());
      writeFileSync(temporary, Buffer.concat([createHash('sha256').update(content).digest(), content]));
      renameSync(temporary, file);
    } catch (error) {
      this.#failed(temporary, error);
    }
  }

  #failed(temporary: string, error: unknown): void {
    if (!this.#warned) this.#warn(`The code cache cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    this.#warned = true;
    try {
      rmSync(temporary, { force: true });
    } catch {
      // There is nothing to remove where nothing could be written.
    }
  }

  #file(name: string): string {
    return path.join(this.#dir as string, `${createHash('sha256').update(name).digest('hex').slice(0, 24)}.bin`);
  }
}
