/**
 * pipeTo: moves every chunk of a readable stream to a writable stream.
 *
 * Contract: no public API is used. At most one chunk is held between the two streams. One object is the
 * read request of every read and the write request of every write, so that a chunk costs no closure.
 *
 * @see https://streams.spec.whatwg.org/#readable-stream-pipe-to
 */
import { newDeferred, PromisePrototypeThen, PromiseReject, PromiseResolve, TypeErrorCtor, type Deferred } from '../../primordials.ts';
import { addAbortAlgorithm, removeAbortAlgorithm, signalAborted, signalReason, type AbortSignal } from '../abort.ts';
import { queueMicrotask } from './algorithm.ts';
import { acquireReader, readInternal, releaseReader } from './reader.ts';
import { cancelReadable, type Reader, type ReadableState, type ReadRequest } from './readable-state.ts';
import { promiseOf } from './settlement.ts';
import {
  abortWritable,
  acquireWriter,
  closeWritable,
  isClosing,
  releaseWriter,
  writableDesiredSize,
  writeInternal,
  type WritableState,
  type Writer,
  type WriteRequest,
} from './writable-state.ts';

export type PipeOptions = { preventAbort?: boolean; preventCancel?: boolean; preventClose?: boolean; signal?: AbortSignal };

type Action = () => Promise<unknown>;

class Pipe implements ReadRequest, WriteRequest {
  readonly deferred: Deferred<undefined> = newDeferred();
  source: ReadableState;
  dest: WritableState;
  options: PipeOptions;
  reader: Reader;
  writer: Writer;
  shuttingDown = false;
  /** A read is under way; for ever, once one has found the end. */
  reading = false;
  /** Inside the read's own call. */
  synchronous = false;
  hasChunk = false;
  held: unknown = undefined;
  pendingWrites = 0;
  drained: (() => void) | undefined = undefined;
  onAbort: (() => void) | undefined = undefined;
  pump: () => void;
  deliver: () => void;

  constructor(source: ReadableState, dest: WritableState, options: PipeOptions) {
    this.source = source;
    this.dest = dest;
    this.options = options;
    this.reader = acquireReader(source, false);
    this.writer = acquireWriter(dest);
    source.disturbed = true;
    this.pump = () => this.move();
    this.deliver = () => {
      this.write();
      this.move();
    };
  }

  start(): void {
    const { source, dest, options } = this;
    const { signal } = options;
    if (signal !== undefined) {
      this.onAbort = () => this.abort(signal);
      if (signalAborted(signal)) {
        this.onAbort();
        return;
      }
      addAbortAlgorithm(signal, this.onAbort);
    }
    // Conditions that hold already are acted on now, in the specification's order; the others when they come to hold.
    const sourceErrored = (reason: unknown): void => this.shutdown(options.preventAbort ? undefined : () => abortWritable(dest, reason), { reason });
    const destErrored = (reason: unknown): void => this.shutdown(options.preventCancel ? undefined : () => cancelReadable(source, reason), { reason });
    const sourceClosed = (): void => this.shutdown(options.preventClose ? undefined : () => this.closeDest());
    if (source.state === 'errored') sourceErrored(source.storedError);
    if (dest.state === 'errored') destErrored(dest.storedError);
    if (source.state === 'closed') sourceClosed();
    if (isClosing(dest) || dest.state === 'closed') destErrored(new TypeErrorCtor('The destination of the pipe is closing or closed.'));
    if (this.shuttingDown) return;
    PromisePrototypeThen(promiseOf(this.reader.closed), sourceClosed, sourceErrored);
    PromisePrototypeThen(promiseOf(this.writer.closed), undefined, destErrored);
    this.move();
  }

  /** Reads and writes until the source has no chunk ready or the destination wants none. */
  move(): void {
    while (!this.shuttingDown && !this.reading) {
      const size = writableDesiredSize(this.dest);
      // Erroring, or closed from the other side: the writer's closed promise brings the end.
      if (size === null || isClosing(this.dest)) return;
      if (size <= 0) {
        this.writer.ready.listener = this.pump;
        return;
      }
      this.reading = this.synchronous = true;
      readInternal(this.reader, this);
      this.synchronous = false;
      if (this.hasChunk) this.write();
    }
  }

  /** Writes the chunk in hand, if there is one. */
  write(): void {
    if (!this.hasChunk || this.writer.stream === undefined) return;
    const chunk = this.held;
    this.held = undefined;
    this.hasChunk = this.reading = false;
    this.pendingWrites++;
    writeInternal(this.writer, chunk, this);
  }

  chunk(value: unknown): void {
    this.held = value;
    this.hasChunk = true;
    // `enqueue()` of the source must never run `write()` of the sink.
    if (!this.synchronous) queueMicrotask(this.deliver);
  }

  close(): void {}

  error(): void {}

  resolve(): void {
    this.pendingWrites--;
    // In a microtask: the destination is in the middle of finishing the write.
    if (this.pendingWrites === 0 && this.drained !== undefined) queueMicrotask(this.drained);
  }

  reject(): void {
    this.resolve();
  }

  /** @see https://streams.spec.whatwg.org/#writable-stream-default-writer-close-with-error-propagation */
  closeDest(): Promise<undefined> {
    const { dest } = this;
    if (isClosing(dest) || dest.state === 'closed') return PromiseResolve(undefined);
    if (dest.state === 'errored') return PromiseReject(dest.storedError);
    return closeWritable(dest);
  }

  abort(signal: AbortSignal): void {
    const { source, dest, options } = this;
    const reason = signalReason(signal);
    this.shutdown(
      () => {
        const all = newDeferred<void>();
        let left = 1;
        const finished = (): void => {
          if (--left === 0) all.resolve();
        };
        const add = (promise: Promise<unknown>): void => {
          left++;
          PromisePrototypeThen(promise, finished, all.reject);
        };
        if (!options.preventAbort && dest.state === 'writable') add(abortWritable(dest, reason));
        if (!options.preventCancel && source.state === 'readable') add(cancelReadable(source, reason));
        finished();
        return all.promise;
      },
      { reason },
    );
  }

  /** @see https://streams.spec.whatwg.org/#rs-pipeTo-shutdown-with-action */
  shutdown(action: Action | undefined, failure?: { reason: unknown }): void {
    if (this.shuttingDown) return;
    this.shuttingDown = true;
    const act = (): void => {
      if (action === undefined) this.finalize(failure);
      else
        PromisePrototypeThen(
          action(),
          () => this.finalize(failure),
          (reason) => this.finalize({ reason }),
        );
    };
    if (this.dest.state === 'writable' && !isClosing(this.dest)) {
      this.write();
      if (this.pendingWrites > 0) this.drained = act;
      else queueMicrotask(act);
    } else act();
  }

  /** @see https://streams.spec.whatwg.org/#rs-pipeTo-finalize */
  finalize(failure: { reason: unknown } | undefined): void {
    releaseWriter(this.writer);
    releaseReader(this.reader);
    if (this.onAbort !== undefined && this.options.signal !== undefined) removeAbortAlgorithm(this.options.signal, this.onAbort);
    if (failure === undefined) this.deferred.resolve(undefined);
    else this.deferred.reject(failure.reason);
  }
}

/** Neither stream may be locked. */
export function pipeTo(source: ReadableState, dest: WritableState, options: PipeOptions): Promise<undefined> {
  const pipe = new Pipe(source, dest, options);
  pipe.start();
  return pipe.deferred.promise;
}
