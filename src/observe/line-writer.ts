/**
 * Batched, non-blocking writing of whole lines to a file descriptor that other processes write to as well.
 *
 * Contract: a line is never torn apart by another process's line. A pipe takes a write of at most PIPE_BUF
 * bytes as one piece, so batches are cut there, between lines, when the descriptor is a pipe or a socket.
 * A reader that falls behind never blocks the writer: beyond `maxBuffered` bytes lines are dropped and counted.
 */
import { fstatSync, write, writeSync } from 'node:fs';

/** What POSIX promises at least (Linux): writes up to this size to a pipe are atomic. */
const PIPE_BUF = 4096;
const FILE_PIECE = 256 * 1024;
const BATCH_MS = 5;
/** Beyond this a batch does not wait for its timer. */
const BATCH_BYTES = 64 * 1024;
/** Buffers of this size are kept and used again; larger ones were needed once. */
const KEPT_BYTES = 128 * 1024;
const RETRY_MS = 5;
const NEWLINE = 10;

export type LineWriterOptions = { maxBuffered?: number };

export class LineWriter {
  readonly #fd: number;
  readonly #piece: number;
  readonly #maxBuffered: number;
  /** Lines are encoded as they come: strings kept until the batch goes out would cost far more, in garbage collection. */
  #pending: Buffer = Buffer.allocUnsafeSlow(KEPT_BYTES);
  #length = 0;
  #idle: Buffer | undefined = Buffer.allocUnsafeSlow(KEPT_BYTES);
  /** Bytes handed to the kernel piece by piece, and how far that has come. */
  #batch: Buffer | undefined;
  #offset = 0;
  #writing = false;
  /** Length of the piece that is being written asynchronously. */
  #inFlight = 0;
  /** Counts take-overs by flushSync: the answer to an older write is nobody's business. */
  #epoch = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;
  #reported = 0;
  #waiters: (() => void)[] = [];
  readonly #onExit = (): void => this.flushSync();

  constructor(fd: number, options: LineWriterOptions = {}) {
    this.#fd = fd;
    this.#piece = pieceSize(fd);
    this.#maxBuffered = options.maxBuffered ?? 16 * 1024 * 1024;
    process.on('exit', this.#onExit);
  }

  /** Lines lost because the reader did not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param line with its line break */
  write(line: string): void {
    if (this.#closed) return;
    if (!this.#reserve(line)) {
      this.#dropped++;
      return;
    }
    this.#length += this.#pending.write(line, this.#length);
    if (this.#writing) return;
    if (this.#length >= BATCH_BYTES) this.#pump();
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#pump(), BATCH_MS);
      this.#timer.unref();
    }
  }

  /** Resolves when all lines so far are with the kernel or lost. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      if (!this.#writing) this.#pump();
    });
  }

  /** For the end of the process: waits for the reader, though not for ever. */
  flushSync(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let patience = 200;
    if (this.#inFlight > 0) {
      // A thread is writing this piece, or has written it and nobody was told: a moment, and it counts as written.
      pause(RETRY_MS);
      this.#offset += this.#inFlight;
      this.#inFlight = 0;
    }
    this.#epoch++;
    this.#writing = false;
    while (!this.#closed && this.#fill()) {
      const batch = this.#batch as Buffer;
      try {
        this.#offset += writeSync(this.#fd, batch, this.#offset, this.#nextPiece(batch));
      } catch (error) {
        if (!isAgain(error) || patience-- === 0) this.#close();
        else pause(RETRY_MS);
      }
    }
    this.#resolveWaiters();
  }

  /** Writes what is left and lets go of the process. */
  dispose(): void {
    this.flushSync();
    this.#closed = true;
    process.off('exit', this.#onExit);
  }

  /** Makes the next batch when the last one is done; false when there is nothing to write. */
  #fill(): boolean {
    if (this.#batch !== undefined && this.#offset < this.#batch.length) return true;
    const free = this.#batch?.buffer.byteLength === KEPT_BYTES ? Buffer.from(this.#batch.buffer) : this.#idle;
    this.#offset = 0;
    if (this.#length === 0) {
      this.#batch = undefined;
      this.#idle = free;
      return false;
    }
    this.#batch = this.#pending.subarray(0, this.#length);
    this.#pending = free ?? Buffer.allocUnsafeSlow(KEPT_BYTES);
    this.#idle = undefined;
    this.#length = 0;
    return true;
  }

  /** Makes room for `line`; false when that would be too much. */
  #reserve(line: string): boolean {
    // No UTF-16 unit takes more than three bytes: mostly that answers it without counting.
    if (this.#length + line.length * 3 <= this.#pending.length) return true;
    const needed = this.#length + Buffer.byteLength(line);
    if (needed <= this.#pending.length) return true;
    if (needed > this.#maxBuffered) return false;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#maxBuffered, Math.max(needed, this.#pending.length * 2)));
    this.#pending.copy(larger, 0, 0, this.#length);
    this.#pending = larger;
    return true;
  }

  #nextPiece(batch: Buffer): number {
    const rest = batch.length - this.#offset;
    if (rest <= this.#piece) return rest;
    const cut = batch.lastIndexOf(NEWLINE, this.#offset + this.#piece - 1) + 1;
    if (cut > this.#offset) return cut - this.#offset;
    // A line longer than a piece goes out in one go: not atomic, but nothing else of ours is in between.
    const end = batch.indexOf(NEWLINE, this.#offset) + 1;
    return end === 0 ? rest : end - this.#offset;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#closed || !this.#fill()) {
      this.#writing = false;
      this.#resolveWaiters();
      return;
    }
    this.#writing = true;
    if (this.#dropped > this.#reported && this.#length < KEPT_BYTES / 2) {
      const lost = this.#dropped - this.#reported;
      this.#reported = this.#dropped;
      this.write(`{"level":"warn","time":"${new Date().toISOString()}","msg":"log lines lost: the reader is too slow","lines":${lost}}\n`);
    }
    const batch = this.#batch as Buffer;
    const epoch = this.#epoch;
    this.#inFlight = this.#nextPiece(batch);
    write(this.#fd, batch, this.#offset, this.#inFlight, null, (error, written) => {
      if (epoch !== this.#epoch) return;
      this.#inFlight = 0;
      if (error === null) this.#offset += written;
      else if (isAgain(error)) {
        this.#timer = setTimeout(() => this.#pump(), RETRY_MS);
        return;
      } else this.#close();
      this.#pump();
    });
  }

  #resolveWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** The reader is gone: nobody is left to write for. */
  #close(): void {
    this.#closed = true;
    this.#batch = undefined;
    this.#length = 0;
  }
}

function pieceSize(fd: number): number {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket() ? PIPE_BUF : FILE_PIECE;
  } catch {
    return PIPE_BUF;
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function isAgain(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EAGAIN';
}
