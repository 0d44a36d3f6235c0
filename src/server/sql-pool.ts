/** The pool of SQL processes: how one is started, and what it may take. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Duplex } from 'node:stream';
import { D1_TEXTS } from '../bindings/d1/errors.ts';
import { failureText } from '../bindings/d1/failure-text.ts';
import { eachFrame } from '../storage/frame-reader.ts';
import { readResourceKey } from '../storage/pool/pooled-stores.ts';
import { PoolRouter, type RoomKeeper, type WorkerEvents, type WorkerHandle } from '../storage/pool/router.ts';
import { writeRound } from '../storage/pool/wire.ts';
import { engineEnv, siblingFile, sqlWorkerExecArgv } from './engine-launch.ts';
import { spawnWithChannel } from './message-pipe.ts';
import { lowerPriority } from './priority.ts';

export type SqlPoolOptions = {
  /** The folder of all D1 databases. */
  root: string;
  fsync: 'full' | 'normal';
  onTrouble(message: string, fields: Record<string, unknown>): void;
  /** How large databases may become. */
  rooms?: RoomKeeper;
  /** Of the machine's memory, for one process: its heap, the largest result and SQLite's own. */
  memoryBytes?: number;
  most?: number;
  /** Milliseconds since any time. */
  now?: () => number;
};

/** For a call, and for its wait. @see https://developers.cloudflare.com/d1/platform/limits/ */
export const QUERY_MS = 30_000;
const QUEUE_MS = 30_000;
const BUSY_MS = 40;
const IDLE_MS = 10_000;
/** Far longer than what apps ask for on the way to a page, and short enough to be waited for. */
const SLOW_MS = 500;
const SLOW_FOR_MS = 300_000;
const MOST_SLOW = 12;
const MEMORY_BYTES = 384 * 1024 * 1024;
const PAGE_BYTES = 4096;
const FEWEST_MOST = 4;

export function openSqlPool(options: SqlPoolOptions): PoolRouter {
  const { memoryBytes = MEMORY_BYTES, most = Math.max(FEWEST_MOST, availableParallelism()) } = options;
  return new PoolRouter({
    launch: (events) => launch(options, events),
    most,
    mostPerOwner: Math.max(1, Math.floor(most / 2)),
    groupOf: (key) => readResourceKey(key)?.group ?? '',
    roundMs: QUERY_MS,
    slowMs: SLOW_MS,
    slowForMs: SLOW_FOR_MS,
    mostSlow: MOST_SLOW,
    keptForQuick: 1,
    queueMs: QUEUE_MS,
    busyMs: BUSY_MS,
    idleMs: IDLE_MS,
    memoryBytes,
    memoryOf,
    answers: {
      timeout: failureText(D1_TEXTS.timeout),
      memory: failureText(D1_TEXTS.memory),
      lost: failureText(D1_TEXTS.lost),
      tooMany: failureText(D1_TEXTS.tooMany),
      tooLong: failureText(D1_TEXTS.tooLong),
    },
    onTrouble: options.onTrouble,
    ...(options.rooms === undefined ? {} : { rooms: options.rooms }),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}

function launch({ root, fsync }: SqlPoolOptions, events: WorkerEvents): WorkerHandle {
  const argv = [...sqlWorkerExecArgv(root), siblingFile('sql-worker'), root, fsync];
  const { child, channel: stream } = spawnWithChannel(argv, engineEnv(), ['ignore', 'inherit', 'inherit']);
  child.on('error', (error) => events.unstarted(error.message));
  // After everything it has written was read.
  child.on('close', () => events.gone());
  // It could not be started, and is about to be gone.
  if (stream === undefined) return { pid: undefined, send: () => {}, lower: () => {}, end: () => {}, kill: () => {} };
  eachFrame(stream, (frame) => events.frame(frame));
  stream.on('error', () => {});
  return {
    pid: child.pid,
    send: (key, room, handover, calls) => sendParts(stream, writeRound(key, room, handover, calls)),
    lower: () => lowerPriority(child.pid),
    end: () => stream.end(),
    kill: () => child.kill('SIGKILL'),
  };
}

/** What is sent in the same round of the event loop leaves together. */
export function sendParts(stream: Duplex, parts: readonly Buffer[]): void {
  if (stream.destroyed) return;
  if (stream.writableCorked === 0) {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  for (const part of parts) stream.write(part);
}

/** Resident memory of another process, in bytes; undefined where the system does not tell. */
function memoryOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}
