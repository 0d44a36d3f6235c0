/**
 * V8's code cache of one version of an app: what compiling it cost, kept in memory and on disk.
 *
 * A cache that does not fit (another V8, other flags, a damaged file) is rejected by V8 itself, which
 * then compiles. Writing is best effort: a full disk costs speed, never a request. Nobody waits for a slow one.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ivm from 'isolated-vm';

/** A cache as isolated-vm takes and gives it. */
export type Blob = ivm.ExternalCopy<ArrayBuffer>;

export class CodeCache {
  readonly #dir: string | undefined;
  readonly #blobs = new Map<string, Blob>();
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

  /** What was loaded or put. */
  get(name: string): Blob | undefined {
    return this.#blobs.get(name);
  }

  /** Takes what is on disk into memory; what is not there, or is damaged, is no error. */
  async load(name: string): Promise<void> {
    if (this.#dir === undefined || this.#blobs.has(name)) return;
    try {
      const stored = await readFile(this.#file(name));
      // The first 32 bytes are the digest of the rest: V8 checks a cache's own header, not every byte of it.
      const content = stored.subarray(32);
      if (!digestOf(content).equals(stored.subarray(0, 32))) return;
      const buffer = new ArrayBuffer(content.byteLength);
      new Uint8Array(buffer).set(content);
      this.#blobs.set(name, new ivm.ExternalCopy(buffer, { transferOut: true }));
    } catch {
      // It is made again.
    }
  }

  /** Keeps it in memory at once. Resolves when it is on disk as well, or cannot be. */
  async put(name: string, blob: Blob): Promise<void> {
    this.#blobs.set(name, blob);
    if (this.#dir === undefined) return;
    const file = this.#file(name);
    const temporary = `${file}.${process.pid}`;
    try {
      const content = Buffer.from(blob.copy());
      await mkdir(this.#dir, { recursive: true });
      await writeFile(temporary, [digestOf(content), content]);
      await rename(temporary, file);
    } catch (error) {
      if (!this.#warned) this.#warn(`The code cache cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
      this.#warned = true;
      // There is nothing to remove where nothing could be written.
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  #file(name: string): string {
    return path.join(this.#dir as string, `${createHash('sha256').update(name).digest('hex').slice(0, 24)}.bin`);
  }
}

const digestOf = (content: Uint8Array): Buffer => createHash('sha256').update(content).digest();
