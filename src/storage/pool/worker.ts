/**
 * The inside of a pool's worker process: one round at a time, nothing between.
 *
 * Contract: it reads and writes its one descriptor, waiting for it; it has no event loop to speak of. When the
 * other end is gone, so is the process.
 */
import { readSync, writeSync } from 'node:fs';
import { FrameReader, MOST_FRAME_BYTES } from '../frame-reader.ts';
import { readRound, WorkerFrame, writeWorkerFrame } from './wire.ts';

/** The descriptor that the router speaks through. */
const ROUTER_FD = 3;
const CHUNK_BYTES = 256 * 1024;

export interface RoundRunner {
  /**
   * Carries out a round.
   * @param most bytes that the resource may have after it
   * @param committing to be called before something becomes lasting that several calls share
   * @returns an answer for each call, and what they have come to
   */
  run(key: string, payloads: readonly string[], most: number, committing: () => void): RoundResult;
}

/** The size is of the whole resource, in bytes; undefined where it cannot be told. */
export type RoundResult = { answers: readonly string[]; size: number | undefined; refused: number };

export type Trouble = (message: string, fields: Record<string, unknown>) => void;

/** Serves until the router is gone; then returns. */
export function serveRounds(open: (trouble: Trouble) => RoundRunner): void {
  const reader = new FrameReader();
  const runner = open((message, fields) => send(WorkerFrame.trouble, 0, JSON.stringify({ message, fields })));
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  send(WorkerFrame.ready, 0, '');
  for (;;) {
    const size = readSome(chunk);
    if (size === 0) return;
    reader.push(chunk.subarray(0, size));
    for (let frame = reader.next(MOST_FRAME_BYTES); frame !== undefined; frame = reader.next(MOST_FRAME_BYTES)) {
      const { key, room, calls } = readRound(frame);
      const { answers, size, refused } = runner.run(
        key,
        calls.map(({ payload }) => payload),
        room.most,
        () => send(WorkerFrame.committing, 0, ''),
      );
      if ((size !== undefined && size !== room.known) || refused > 0) send(WorkerFrame.size, 0, JSON.stringify([size ?? room.known, refused]));
      for (let at = 0; at < calls.length; at++) send(WorkerFrame.answer, calls[at]?.call ?? 0, answers[at] ?? '');
    }
  }
}

/** 0 when the router is gone, however it went. */
function readSome(chunk: Buffer): number {
  try {
    return readSync(ROUTER_FD, chunk);
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}

/** An answer that nobody waits for any more is none: what comes next is that there is nothing to read. */
function send(kind: number, call: number, payload: string): void {
  const frame = writeWorkerFrame(kind, call, payload);
  try {
    for (let at = 0; at < frame.length; ) at += writeSync(ROUTER_FD, frame, at);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET';
}
