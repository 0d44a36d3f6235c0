/**
 * What a Socket stands on: a connection that the host has, or one between two workers.
 *
 * Between workers the caller's isolate has both directions; the callee reads and writes by calls. A write is done when
 * somebody has read it, so that nothing piles up.
 */
import { Post, Request } from '../../../protocol/ops.ts';
import { currentEvent, postFor, request } from '../../bridge.ts';
import {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  type Deferred,
  ErrorCtor,
  newDeferred,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
} from '../../primordials.ts';
import { asBytes } from '../../web/body.ts';

export type Line = {
  /** The next bytes; null or undefined at the end. */
  read(): Promise<unknown>;
  write(bytes: Uint8Array): Promise<unknown>;
  /** Nothing more will be written. */
  end(): Promise<unknown>;
  /** Settles when the connection is gone. */
  closed(): Promise<unknown>;
  release(): void;
  startTls(name: string | undefined): Promise<unknown>;
};

/** A connection of the host's, by the number it has there. */
export function hostLine(number: number): Line {
  const event = currentEvent();
  return {
    read: () => request(Request.tcpRead, number),
    write: (bytes) => request(Request.tcpWrite, number, bytes),
    end: () => request(Request.tcpEnd, number),
    closed: () => request(Request.tcpClosed, number),
    release: () => postFor(event, Post.tcpClose, number),
    startTls: (name) => request(Request.tcpStartTls, number, name),
  };
}

/** One direction: who writes waits for who reads, and the other way round. */
class Channel {
  readonly #written: { bytes: Uint8Array; taken: Deferred<undefined> }[] = [];
  readonly #readers: Deferred<Uint8Array | null>[] = [];
  #isEnded = false;
  #failure: { error: unknown } | undefined;

  write(bytes: Uint8Array): Promise<unknown> {
    if (this.#failure !== undefined) return PromiseReject(this.#failure.error);
    if (this.#isEnded) return PromiseReject(new ErrorCtor('This socket has been closed.'));
    const reader = ArrayPrototypeShift(this.#readers);
    if (reader !== undefined) {
      reader.resolve(bytes);
      return PromiseResolve(undefined);
    }
    const taken = newDeferred<undefined>();
    ArrayPrototypePush(this.#written, { bytes, taken });
    return taken.promise;
  }

  read(): Promise<Uint8Array | null> {
    const next = ArrayPrototypeShift(this.#written);
    if (next !== undefined) {
      next.taken.resolve(undefined);
      return PromiseResolve(next.bytes);
    }
    if (this.#failure !== undefined) return PromiseReject(this.#failure.error);
    if (this.#isEnded) return PromiseResolve(null);
    const reader = newDeferred<Uint8Array | null>();
    ArrayPrototypePush(this.#readers, reader);
    return reader.promise;
  }

  end(): void {
    this.#isEnded = true;
    for (let reader = ArrayPrototypeShift(this.#readers); reader !== undefined; reader = ArrayPrototypeShift(this.#readers)) reader.resolve(null);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    for (let reader = ArrayPrototypeShift(this.#readers); reader !== undefined; reader = ArrayPrototypeShift(this.#readers)) reader.reject(error);
    for (let one = ArrayPrototypeShift(this.#written); one !== undefined; one = ArrayPrototypeShift(this.#written)) one.taken.reject(error);
  }
}

/** What the callee has of a connection: functions of the caller's. */
export type Ends = {
  opened(): void;
  read(): Promise<unknown>;
  write(bytes: unknown): Promise<unknown>;
  end(): void;
};

const noTls = (): Promise<never> => PromiseReject(new ErrorCtor('TLS is not to be had here.'));

/**
 * A connection to another worker.
 * @param call calls it, with its ends; settles when its handler is done
 * @returns the line, and a promise for it to have been taken
 */
export function openLine(call: (ends: Ends) => Promise<unknown>): { line: Line; opening: Promise<unknown> } {
  const up = new Channel();
  const down = new Channel();
  const opened = newDeferred<undefined>();
  const over = call({
    opened: () => opened.resolve(undefined),
    read: () => up.read(),
    write: (bytes) => down.write(asBytes(bytes as Uint8Array)),
    end: () => down.end(),
  });
  const closed = PromisePrototypeThen(
    over,
    () => {
      opened.resolve(undefined);
      down.end();
      up.fail(new ErrorCtor('The other side of this socket is gone.'));
    },
    (error) => {
      opened.reject(error);
      down.fail(error);
      up.fail(error);
    },
  );
  const line: Line = {
    read: () => down.read(),
    write: (bytes) => up.write(bytes),
    end: () => PromiseResolve(up.end()),
    closed: () => closed,
    release: () => {
      up.end();
      down.fail(new ErrorCtor('This socket has been closed.'));
    },
    startTls: noTls,
  };
  return { line, opening: opened.promise };
}

/** The callee's side. Its end is the end of its handler. */
export function acceptedLine(ends: Ends): Line {
  return {
    read: async () => await ends.read(),
    write: async (bytes) => await ends.write(bytes),
    end: async () => await ends.end(),
    closed: () => newDeferred<never>().promise,
    release: () => {
      const ending = async (): Promise<void> => {
        try {
          await ends.end();
        } catch {
          // The other side is gone already.
        }
      };
      void ending();
    },
    startTls: noTls,
  };
}
