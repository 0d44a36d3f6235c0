/**
 * What a pool's router says to those who connect: the pool for whoever shows a badge.
 *
 * Contract: an engine's calls are for databases of its trust group, in the names of apps of it; every other call gets
 * `refusal` for an answer. What is no frame of ours ends the connection, and nothing that comes ends this process. Of
 * calls beyond what an app, or all who have one badge, may have under way none is taken: each gets `tooMany`. So does one
 * whose turn comes when its answer would join too many that nobody takes.
 */
import type { Duplex } from 'node:stream';
import type { Line } from '../lines.ts';
import { readResourceKey } from './pooled-stores.ts';
import { answerHead, readCall } from './wire.ts';

export interface Pool {
  /** @param isHeard whether the answer is of use, asked when its turn has come; if not nothing is done */
  call(owner: string, key: string, payload: Buffer, answer: (payload: Buffer | string) => void, isHeard?: () => boolean): void;
}

export type PoolServerOptions = {
  pool: Pool;
  /** The product whose stores the pool has. */
  product: string;
  refusal: string;
  tooMany: string;
  send(socket: Duplex, parts: readonly Buffer[]): void;
};

/** A call with its names, and as much as a request may be: see the binding of D1. */
export const MOST_CALL_BYTES = 17 * 1024 * 1024;

/** Calls under way. */
class Load {
  readonly #most: { calls: number; bytes: number };
  #calls = 0;
  #bytes = 0;

  constructor(most: { calls: number; bytes: number }) {
    this.#most = most;
  }

  get isNone(): boolean {
    return this.#calls === 0;
  }

  fits(bytes: number): boolean {
    return this.#calls < this.#most.calls && this.#bytes + bytes <= this.#most.bytes;
  }

  add(calls: 1 | -1, bytes: number): void {
    this.#calls += calls;
    this.#bytes += calls * bytes;
  }
}

/** Times its own length, that a payload may keep of memory. */
const MOST_KEPT = 4;
/** Of one app, and of all who have the same badge. */
const MOST_OF_OWNER = { calls: 10_000, bytes: 64 * 1024 * 1024 };
const MOST_OF_HOLDER = { calls: 50_000, bytes: 256 * 1024 * 1024 };

export class PoolServer {
  readonly #options: PoolServerOptions;
  readonly #loads = new Map<string, Load>();

  constructor(options: PoolServerOptions) {
    this.#options = options;
  }

  /** Answers what comes on a connection. */
  serve(line: Line): (frame: Buffer) => void {
    const { socket } = line;
    socket.on('drain', () => socket.resume());
    return (frame) => {
      this.#take(line, frame);
      if (line.isFull()) socket.pause();
    };
  }

  #take(line: Line, frame: Buffer): void {
    const { pool, product, refusal, tooMany, send } = this.#options;
    const { socket, pass } = line;
    const read = readCall(frame);
    if (read === undefined) return void socket.destroy();
    const { call, owner, key, payload } = read;
    const reply = (text: Buffer | string): void => {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      send(socket, [answerHead(call, bytes.length), bytes]);
    };
    const address = readResourceKey(key);
    if (!pass.allows(address === undefined ? undefined : { product, ...address }) || !pass.runs(owner)) return reply(refusal);
    const ended = this.#begin(pass.holder, owner, payload.length);
    if (ended === undefined) return reply(tooMany);
    const answer = (text: Buffer | string): void => {
      ended();
      reply(text);
    };
    pool.call(owner, key, kept(payload), answer, () => line.isHeard);
  }

  /** Counts a call. @returns what is to be called when it is over; undefined where there are too many */
  #begin(holder: string, owner: string, bytes: number): (() => void) | undefined {
    const names = [holder, `${holder}\n${owner}`] as const;
    const all = this.#loads.get(names[0]) ?? new Load(MOST_OF_HOLDER);
    const own = this.#loads.get(names[1]) ?? new Load(MOST_OF_OWNER);
    if (!all.fits(bytes) || !own.fits(bytes)) return undefined;
    this.#loads.set(names[0], all).set(names[1], own);
    all.add(1, bytes);
    own.add(1, bytes);
    return () => {
      all.add(-1, bytes);
      own.add(-1, bytes);
      if (all.isNone) this.#loads.delete(names[0]);
      if (own.isNone) this.#loads.delete(names[1]);
    };
  }
}

/** A payload that may wait for long, without much of what else has come in the same piece. */
function kept(payload: Buffer): Buffer {
  if (payload.length * MOST_KEPT >= payload.buffer.byteLength) return payload;
  const copy = Buffer.allocUnsafeSlow(payload.length);
  payload.copy(copy);
  return copy;
}
