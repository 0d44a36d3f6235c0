/**
 * Pumping a stream of the isolate to the host, chunk by chunk: bytes and, as on Workers, text.
 */
import { PromiseCtor, PromisePrototypeThen, PromiseResolve } from '../primordials.ts';
import { type ReadableStream, cancelLocked, chunkBytes, lockStream, notBytesError, readChunk } from './body-stream.ts';

/** The host's end. */
export type Sink = {
  /** Resolves when the next chunk may come; rejects when none can be taken any more. */
  write(chunk: Uint8Array): Promise<unknown>;
  close(): void;
  /** The stream failed, or brought what is neither bytes nor text. */
  abort(message: string, reason: unknown): void;
  /** A write was rejected: the rest of the stream is not wanted. */
  refused(reason: unknown): void;
};

/** What an error says of itself, without running a tenant's code that throws. */
export function messageOf(reason: unknown): string {
  try {
    return `${reason as string}`;
  } catch {
    return 'The stream failed.';
  }
}

/** Locks the stream and sends all of it. @returns the promise of its end, which never rejects */
export function pump(stream: ReadableStream, sink: Sink): Promise<void> {
  const reader = lockStream(stream);
  return new PromiseCtor<void>((resolve) => {
    const fail = (reason: unknown): void => {
      sink.abort(messageOf(reason), reason);
      resolve();
    };
    const refuse = (reason: unknown): void => {
      sink.refused(reason);
      resolve();
      cancelLocked(reader, reason);
    };
    const readRequest = {
      chunk: (chunk: unknown): void => {
        const bytes = chunkBytes(chunk);
        if (bytes === undefined) {
          const error = notBytesError(chunk);
          fail(error);
          return cancelLocked(reader, error);
        }
        PromisePrototypeThen(bytes.length === 0 ? PromiseResolve(undefined) : sink.write(bytes), step, refuse);
      },
      close: (): void => {
        sink.close();
        resolve();
      },
      error: fail,
    };
    const step = (): void => readChunk(reader, readRequest);
    step();
  });
}
