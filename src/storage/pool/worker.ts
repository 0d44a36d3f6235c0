/**
 * The inside of a pool's worker process: one round at a time, nothing between.
 *
 * Contract: it reads and writes its one descriptor, waiting for it; it has no event loop to speak of. When the
 * other end is gone, so is the process.
 */
import { readSync, writeSync } from 'node:fs';
import { FrameReader, MOST_FRAME_BYTES } from '../frame-reader.ts';
import { type ReadRound, readRound, WorkerFrame, writeWorkerFrame } from './wire.ts';

/** The descriptor that the router speaks through. */
const ROUTER_FD = 3;
const CHUNK_BYTES = 256 * 1024;

/** Calls for one resource. */
export type WorkerRound = {
  key: string;
  payloads: readonly string[];
  /** Bytes that the resource may have after it. */
  most: number;
  /** What the last round has left, wherever it was; undefined where nobody else has the resource. */
  handover: string | undefined;
};

export interface RoundRunner {
  /**
   * Carries out a round.
   * @param committing to be called before something becomes lasting that several calls share
   * @returns an answer for each call, and what they have come to
   */
  run(round: WorkerRound, committing: () => void): RoundResult;
}

/** The size is of the whole resource, in bytes; undefined where it cannot be told. The handover is for who has the resource next. */
export type RoundResult = { answers: readonly string[]; size: number | undefined; refused: number; handover: string };

export type Trouble = (message: string, fields: Record<string, unknown>) => void;

/** Serves until the router is gone; then returns. */
export function serveRounds(open: (trouble: Trouble) => RoundRunner): void {
  const reader = new FrameReader();
  const tell = (kind: number, payload: string): void => send([writeWorkerFrame(kind, 0, payload)]);
  const runner = open((message, fields) => tell(WorkerFrame.trouble, JSON.stringify({ message, fields })));
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  tell(WorkerFrame.ready, '');
  for (;;) {
    const size = readSome(chunk);
    if (size === 0) return;
    reader.push(chunk.subarray(0, size));
    for (let frame = reader.next(MOST_FRAME_BYTES); frame !== undefined; frame = reader.next(MOST_FRAME_BYTES)) {
      const round = readRound(frame);
      const payloads = round.calls.map(({ payload }) => payload);
      const result = runner.run({ key: round.key, payloads, most: round.room.most, handover: round.handover }, () => tell(WorkerFrame.committing, ''));
      send(framesOf(round, result));
    }
  }
}

/** What has changed, then the answers. */
function* framesOf({ room: { known }, handover, calls }: ReadRound, result: RoundResult): Generator<Buffer> {
  const { answers, size = known, refused } = result;
  if (size !== known || refused > 0) yield writeWorkerFrame(WorkerFrame.size, 0, JSON.stringify([size, refused]));
  if (result.handover !== handover) yield writeWorkerFrame(WorkerFrame.handover, 0, result.handover);
  for (let at = 0; at < calls.length; at++) yield writeWorkerFrame(WorkerFrame.answer, calls[at]?.call ?? 0, answers[at] ?? '');
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

/** Small frames go together. */
function send(frames: Iterable<Buffer>): void {
  let held: Buffer[] = [];
  let bytes = 0;
  for (const frame of frames) {
    held.push(frame);
    bytes += frame.length;
    if (bytes < CHUNK_BYTES) continue;
    write(held);
    held = [];
    bytes = 0;
  }
  if (held.length > 0) write(held);
}

/** An answer that nobody waits for any more is none: what comes next is that there is nothing to read. */
function write(frames: readonly Buffer[]): void {
  const bytes = frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(ROUTER_FD, bytes, at);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET';
}
