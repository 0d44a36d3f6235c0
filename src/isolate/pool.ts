/**
 * Spare isolates: created, booted, empty, so that a cold start begins with the app's own code.
 *
 * Creating an isolate takes most of a millisecond of the I/O thread, so spares are made one at a
 * time, and not while an app is being started.
 */
import { deletionsOver } from './deletion.ts';
import { Isolate } from './isolate.ts';
import type { Inbox, Realm } from './realm.ts';
import type { ChunkName } from '../protocol/chunks.ts';
import type { Image, Snapshot } from './snapshot.ts';

/** An isolate with its first realm, and the inbox that can be pointed at its owner. */
export type Prepared = {
  isolate: Isolate;
  realm: Realm;
  inbox: SwitchableInbox;
  wasSpare: boolean;
  /** The app it was taken for is running, or will not. */
  started(): void;
};
type Spare = Pick<Prepared, 'isolate' | 'realm' | 'inbox'>;

/** An inbox whose owner is chosen later. Nothing is sent before that: no tenant code has run. */
export class SwitchableInbox implements Inbox {
  owner: Inbox | undefined;
  onCatastrophe: ((message: string) => void) | undefined;

  send(op: number, event: number, args: unknown[]): void {
    this.owner?.send(op, event, args);
  }

  call(op: number, event: number, ...args: unknown[]): unknown {
    return this.owner?.call(op, event, ...args);
  }
}

/** Milliseconds. The start of an app that takes longer keeps nobody else waiting. */
export const LONG_START_MS = 100;

export class IsolatePool {
  readonly #snapshot: Snapshot;
  readonly #size: number;
  readonly #memoryMb: number;
  /** Of each image that was asked for so far; the one without chunks is kept from the start. */
  readonly #spares = new Map<Image, Spare[]>();
  #filling: Promise<void> | undefined;
  /** Apps that are being started. */
  #starts = 0;
  #overdue: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param size spares to keep
   * @param memoryMb limit of the spares: apps with another limit get an isolate of their own making
   */
  constructor(snapshot: Snapshot, size: number, memoryMb: number) {
    this.#snapshot = snapshot;
    this.#size = size;
    this.#memoryMb = memoryMb;
    this.#spares.set(snapshot.images[0], []);
  }

  get spares(): number {
    let count = 0;
    for (const spares of this.#spares.values()) count += spares.length;
    return count;
  }

  /**
   * An isolate for an app: a spare where one fits.
   * @param chunks those that the app will need
   */
  async take(memoryMb: number, chunks: readonly ChunkName[] = []): Promise<Prepared> {
    const image = this.#snapshot.imageFor(chunks);
    const spare = memoryMb === this.#memoryMb ? this.#spares.get(image)?.pop() : undefined;
    if (!this.#spares.has(image)) this.#spares.set(image, []);
    const started = this.#start();
    if (spare !== undefined && !spare.isolate.isDisposed) return { ...spare, wasSpare: true, started };
    try {
      return { ...(await this.#prepare(memoryMb, image)), wasSpare: false, started };
    } catch (error) {
      started();
      throw error;
    }
  }

  /** Spares are made again when the last start under way is over, or takes long. */
  #start(): () => void {
    this.#starts++;
    let isUnderWay = true;
    this.#overdue ??= setTimeout(() => this.#refillSoon(), LONG_START_MS).unref();
    return () => {
      if (!isUnderWay) return;
      isUnderWay = false;
      if (--this.#starts === 0) this.#refillSoon();
    };
  }

  /** Resolves when the pool is full. */
  async fill(): Promise<void> {
    for (const [image, spares] of this.#spares) {
      while (!this.#closed && spares.length < this.#size) {
        const prepared = await this.#prepare(this.#memoryMb, image);
        if (this.#closed || spares.length >= this.#size) prepared.isolate.dispose();
        else spares.push(prepared);
      }
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#overdue);
    for (const spares of this.#spares.values()) for (const spare of spares.splice(0)) spare.isolate.dispose();
  }

  #refillSoon(): void {
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
    if (this.#filling !== undefined || this.#closed || this.#size === 0) return;
    this.#filling = new Promise<void>((resolve) => setTimeout(resolve, 2).unref())
      .then(() => this.fill())
      // An isolate that cannot be had now may be had later: whoever needs one is told.
      .catch(() => {})
      .finally(() => {
        this.#filling = undefined;
      });
  }

  async #prepare(memoryMb: number, image: Image): Promise<Spare> {
    await deletionsOver();
    const inbox = new SwitchableInbox();
    const isolate = new Isolate(this.#snapshot, memoryMb, (message) => inbox.onCatastrophe?.(message), image);
    try {
      return { isolate, realm: await isolate.createRealm(inbox), inbox };
    } catch (error) {
      isolate.dispose();
      throw error;
    }
  }
}
