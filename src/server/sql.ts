/**
 * The router of SQL processes: takes engines' calls and gives each database to one process at a time.
 *
 * It sees text only as bytes. It is told what to do over its channel and ends with it; its workers end with it.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Duplex } from 'node:stream';
import { failureText } from '../bindings/d1/failure-text.ts';
import { D1_TEXTS } from '../bindings/d1/errors.ts';
import type { FromStore, StoreConfig, ToStore } from '../protocol/store.ts';
import { PoolRouter, type WorkerEvents, type WorkerHandle } from '../storage/pool/router.ts';
import { answerHead, FrameReader, readCall, writeRound } from '../storage/pool/wire.ts';
import { engineEnv, siblingFile, sqlWorkerExecArgv } from './engine-launch.ts';

/** @see https://developers.cloudflare.com/d1/platform/limits/ */
const QUERY_MS = 30_000;
const QUEUE_MS = 30_000;
const BUSY_MS = 40;
const IDLE_MS = 10_000;
/** Of the machine's memory, for one process: its heap, the largest result and SQLite's own. */
const MEMORY_BYTES = 384 * 1024 * 1024;
const PAGE_BYTES = 4096;
const FEWEST_MOST = 4;

const tell = (message: FromStore): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

process.once('message', (message) => {
  const { config } = message as ToStore;
  const most = Math.max(FEWEST_MOST, availableParallelism());
  const router = new PoolRouter({
    launch: (events) => launch(config, events),
    most,
    mostPerOwner: most / 2,
    roundMs: QUERY_MS,
    queueMs: QUEUE_MS,
    busyMs: BUSY_MS,
    idleMs: IDLE_MS,
    memoryBytes: MEMORY_BYTES,
    memoryOf,
    answers: {
      timeout: failureText(D1_TEXTS.timeout),
      memory: failureText(D1_TEXTS.memory),
      lost: failureText(D1_TEXTS.lost),
      tooMany: failureText(D1_TEXTS.tooMany),
      tooLong: failureText(D1_TEXTS.tooLong),
    },
    onTrouble: (text, fields) => tell({ type: 'trouble', message: text, fields }),
  });
  router.warmUp();
  const server = createServer((socket) => serve(socket, router));
  server.once('error', (error) => {
    process.stderr.write(`the router of SQL processes cannot listen: ${String(error)}\n`);
    process.exit(1);
  });
  server.listen(config.socket, () => tell({ type: 'ready' }));
  process.on('disconnect', () => {
    router.close();
    process.exit(0);
  });
});

function serve(socket: Socket, router: PoolRouter): void {
  const reader = new FrameReader();
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      const { call, owner, key, payload } = readCall(frame);
      router.call(owner, key, payload, (answer) => {
        const bytes = typeof answer === 'string' ? Buffer.from(answer) : answer;
        send(socket, [answerHead(call, bytes.length), bytes]);
      });
    }
  });
}

function launch(config: StoreConfig, events: WorkerEvents): WorkerHandle {
  const child = spawn(process.execPath, [...sqlWorkerExecArgv(config.root), siblingFile('sql-worker'), config.root, config.fsync], {
    env: engineEnv(),
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const stream = child.stdio[3] as Duplex;
  const reader = new FrameReader();
  stream.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) events.frame(frame);
  });
  stream.on('error', () => {});
  child.on('error', () => {});
  // After everything it has written was read.
  child.on('close', () => events.gone());
  return {
    pid: child.pid,
    send: (key, calls) => send(stream, writeRound(key, calls)),
    end: () => stream.end(),
    kill: () => child.kill('SIGKILL'),
  };
}

/** What is sent in the same round of the event loop leaves together. */
function send(stream: Duplex, parts: readonly Buffer[]): void {
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

// These are the supervisor's to act on; a terminal sends them to the whole group.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
