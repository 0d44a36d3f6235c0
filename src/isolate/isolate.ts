/**
 * One V8 isolate, entered only asynchronously, on isolated-vm's thread pool.
 *
 * Contract, binding on changes to this folder: isolated-vm is used nowhere else; no isolated-vm object
 * (Reference, ExternalCopy, Isolate) is ever reachable from inside an isolate.
 */
import ivm from 'isolated-vm';
import { deleteIsolate } from './deletion.ts';
import { type Inbox, Realm } from './realm.ts';
import type { Image, Snapshot } from './snapshot.ts';

/** Memory of an isolate in bytes, as V8 counts it. */
export type HeapStatistics = { usedBytes: number; totalBytes: number; externalBytes: number };

export class Isolate {
  readonly memoryMb: number;
  readonly #isolate: ivm.Isolate;
  readonly #snapshot: Snapshot;
  readonly #image: Image;

  /**
   * Creates an isolate from the start-up snapshot. Takes most of a millisecond of the calling thread, and waits for deletions under way: see deletion.ts.
   * @param memoryMb limit of heap and array buffers together, at least 8
   * @param onCatastrophe V8 lost control of the isolate: its thread is gone and the process must be replaced
   * @param image the start-up snapshot to use; the one without chunks unless given
   */
  constructor(snapshot: Snapshot, memoryMb: number, onCatastrophe: (message: string) => void, image: Image = snapshot.images[0]) {
    this.memoryMb = memoryMb;
    this.#snapshot = snapshot;
    this.#image = image;
    this.#isolate = new ivm.Isolate({ snapshot: image.blob, memoryLimit: memoryMb, onCatastrophicError: onCatastrophe });
  }

  /** A fresh context with the runtime in it, connected to `inbox`. */
  async createRealm(inbox: Inbox): Promise<Realm> {
    const context = await this.#isolate.createContext();
    return Realm.boot(this.#isolate, context, inbox, { snapshot: this.#snapshot, image: this.#image, memoryMb: this.memoryMb });
  }

  /** CPU time the isolate has used so far, in nanoseconds. 0 once it is disposed. */
  get cpuTime(): bigint {
    return this.#isolate.isDisposed ? 0n : this.#isolate.cpuTime;
  }

  get isDisposed(): boolean {
    return this.#isolate.isDisposed;
  }

  /** Waits for the isolate's turn and measures its heap; undefined once it is disposed. */
  async heapStatistics(): Promise<HeapStatistics | undefined> {
    try {
      const heap = await this.#isolate.getHeapStatistics();
      return { usedBytes: heap.used_heap_size, totalBytes: heap.total_physical_size, externalBytes: heap.externally_allocated_size };
    } catch {
      return undefined;
    }
  }

  /** Ends the isolate, whatever it is doing, before it returns. Safe to call twice. */
  dispose(): void {
    if (!this.#isolate.isDisposed) this.#isolate.dispose();
  }

  /**
   * Ends the isolate, and leaves its deletion to a thread of the pool.
   * @param hitLimit it may be full of what takes long to delete
   */
  discard(hitLimit: boolean): void {
    deleteIsolate(this.#isolate, hitLimit);
  }
}
