/**
 * A context with the runtime in it: the unit a tenant's code runs in, and the one way in and out.
 */
import ivm from 'isolated-vm';
import type { ChunkName } from '../protocol/chunks.ts';
import { BOOT_GLOBAL, Entry, Load, NO_ERROR, Sync } from '../protocol/ops.ts';
import type { Blob } from './code-cache.ts';
import type { Image, Snapshot } from './snapshot.ts';

/** Where a realm's messages go. Called on the I/O thread, with hostile arguments. */
export interface Inbox {
  /** A fire-and-forget op, or one that is answered through `Realm.enter`. What it throws is lost. */
  send(op: number, event: number, args: unknown[]): void;
  /** An op the isolate's thread is waiting for: answer at once. What it throws is thrown inside. */
  call(op: number, event: number, ...args: unknown[]): unknown;
}

type Enter = (...args: unknown[]) => unknown;
/** What the runtime leaves for the host in a new context. */
type Boot = { boot: (send: unknown, call: unknown, memoryMb: number) => Enter };

/** How a turn in an isolate failed. */
export type TurnFailure =
  /** It ran longer than allowed. The isolate's state is in doubt. */
  | { kind: 'timeout' }
  /** It was ended for the time it took, of which it has had no CPU: the machine is too busy. The isolate's state is in doubt. */
  | { kind: 'starved' }
  /** The isolate outgrew its memory, or was disposed of for another reason. */
  | { kind: 'gone'; memory: boolean }
  /** A promise was rejected and nobody handled it; the turn itself went well. `value`: with this primitive. */
  | { kind: 'rejection'; name: string; message: string; stack: string; value?: { is: unknown } };

/** A failure of a turn that was ended for the time it took. */
export type Cut = Extract<TurnFailure, { kind: 'timeout' | 'starved' }>;

/** What a realm's isolate was made of. */
export type Origin = { snapshot: Snapshot; image: Image; memoryMb: number };

export class Realm {
  /** For modules.ts: the isolate and context that modules are compiled and linked in. */
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
  readonly #enter: ivm.Reference<Enter>;
  readonly #origin: Origin;
  #lastOptions = { timeout: 0 };

  constructor(isolate: ivm.Isolate, context: ivm.Context, enter: ivm.Reference<Enter>, origin: Origin) {
    this.isolate = isolate;
    this.context = context;
    this.#enter = enter;
    this.#origin = origin;
  }

  /** Connects a fresh context to its host. */
  static async boot(isolate: ivm.Isolate, context: ivm.Context, inbox: Inbox, origin: Origin): Promise<Realm> {
    const entry = (await context.global.get(BOOT_GLOBAL, { reference: true })) as unknown as ivm.Reference<Boot>;
    const boot = (await entry.get('boot', { reference: true })) as unknown as ivm.Reference<Boot['boot']>;
    const send = new ivm.Callback((op: number, event: number, ...args: unknown[]) => inbox.send(op, event, args), { ignored: true });
    const answer = (op: number, event: number, ...args: unknown[]): unknown =>
      op === Sync.chunk ? origin.snapshot.source(args[0]) : inbox.call(op, event, ...args);
    const call = new ivm.Callback(answer, { sync: true });
    const enter = (await boot.apply(undefined, [send, call, origin.memoryMb] as never, { result: { reference: true } })) as unknown as ivm.Reference<Enter>;
    entry.release();
    boot.release();
    return new Realm(isolate, context, enter, origin);
  }

  /** Nanoseconds of CPU that the realm's isolate has used, with what other realms in it have; 0 when it is gone. */
  get cpuTime(): bigint {
    return this.isolate.isDisposed ? 0n : this.isolate.cpuTime;
  }

  /** Loads those chunks of the runtime that the snapshot lacks, in the order given, before the realm is sealed. @param timeout milliseconds each may take */
  async loadChunks(names: readonly ChunkName[], timeout: number): Promise<void> {
    const { snapshot, image } = this.#origin;
    const missing = names.filter((name) => !image.chunks.has(name));
    await Promise.all(missing.map((name) => this.enter([Entry.load, 0, Load.chunk, name, snapshot.source(name)], timeout)));
  }

  /**
   * Runs one turn: calls the runtime's entry point and drains the microtasks it leaves.
   * @param timeout milliseconds the turn may run
   * @returns the entry's result, when it is a primitive; rejects with what `describeFailure` reads
   */
  enter(args: readonly unknown[], timeout: number): Promise<unknown> {
    return this.#enter.apply(undefined, args as never, this.#options(timeout)) as Promise<unknown>;
  }

  /** As `enter`, but without a time-out, and nothing is heard of the turn again. False when the isolate is gone. */
  enterUnwatched(args: readonly unknown[]): boolean {
    try {
      this.#enter.applyIgnored(undefined, args as never);
      return true;
    } catch {
      return false;
    }
  }

  /** The options of a turn; most turns have the same. */
  #options(timeout: number): { timeout: number } {
    if (this.#lastOptions.timeout !== timeout) this.#lastOptions = { timeout };
    return this.#lastOptions;
  }

  /**
   * Compiles a script, with V8's code cache of it where there is one.
   * @returns a function that runs it in the context; its value is to be handed to `enter` once
   */
  async compile(code: string, origin: { filename: string; lineOffset: number }, cached: Blob | undefined): Promise<(timeout: number) => Promise<unknown>> {
    const script = await this.isolate.compileScript(code, cached === undefined ? origin : { ...origin, cachedData: cached });
    return async (timeout) => {
      const value = (await script.run(this.context, { reference: true, timeout })) as unknown as ivm.Reference;
      script.release();
      return value.derefInto({ release: true });
    };
  }

  /**
   * V8's code cache of a script that has been run in this isolate: with all the functions that were compiled since,
   * because V8 finds the script it already has. Undefined when the isolate is gone.
   */
  async produceCache(code: string, origin: { filename: string; lineOffset: number }): Promise<Blob | undefined> {
    try {
      const script = (await this.isolate.compileScript(code, { ...origin, produceCachedData: true })) as ivm.Script & { cachedData?: Blob };
      script.release();
      return script.cachedData;
    } catch {
      return undefined;
    }
  }

  /**
   * Compiles and runs a script in the context. Resolves to its value, to be handed to `enter` once.
   * @param origin how stacks name it; `lineOffset` is taken off its lines
   * @param timeout milliseconds it may run
   */
  async runScript(code: string, origin: { filename: string; lineOffset: number }, timeout: number): Promise<unknown> {
    return (await this.compile(code, origin, undefined))(timeout);
  }

  /** Bytes of WebAssembly memory in the realm, which no heap statistics tell; 0 when the isolate is gone. */
  async wasmBytes(): Promise<number> {
    try {
      return Number(await this.enter([Entry.load, 0, Load.measure], 1000));
    } catch {
      return 0;
    }
  }

  /** Gives back the context; its memory goes with the next garbage collection. */
  release(): void {
    this.#enter.release();
    this.context.release();
  }
}

/** Prepares bytes for `enter`: the buffer under them is moved into the isolate and is gone for the host. */
export function transfer(bytes: ArrayBuffer | Uint8Array): unknown {
  return new ivm.ExternalCopy(bytes, { transferOut: true }).copyInto({ transferIn: true, release: true });
}

/** Reads what a turn was rejected with. It cannot tell whether one that V8's timer has ended was starved. */
export function describeFailure(error: unknown, isDisposed: boolean): Exclude<TurnFailure, { kind: 'starved' }> {
  const { name, message, stack } = error instanceof Error ? error : { name: '', message: String(error), stack: undefined };
  // The message alone proves nothing: a tenant can throw one that reads the same.
  if (isDisposed) {
    return { kind: 'gone', memory: message.includes('memory limit') };
  }
  if (message === 'Script execution timed out.') return { kind: 'timeout' };
  // V8 had something that isolated-vm makes no copy of.
  if (message.startsWith('An object was thrown from supplied code within isolated-vm'))
    return { kind: 'rejection', name, message: NO_ERROR, stack: `${name}: ${NO_ERROR}` };
  if (!(error instanceof Error)) return { kind: 'rejection', name, message, stack: `: ${message}`, value: { is: error } };
  return { kind: 'rejection', name, message, stack: stack ?? `${name}: ${message}` };
}
