/** A writable stream that somebody else writes to: as three functions, of which each resolves when it is done. */
import { newDeferred } from '../../primordials.ts';
import { abortWritable, acquireWriter, closeWritable, writeInternal } from './writable-state.ts';
import { type WritableStream, writableState } from './writable-stream.ts';

export type LentWritable = { write(chunk: unknown): Promise<unknown>; close(): Promise<unknown>; abort(reason: unknown): Promise<unknown> };

/** Locks the stream. @throws TypeError where it is locked already */
export function lendWritable(stream: WritableStream): LentWritable {
  const state = writableState(stream);
  const writer = acquireWriter(state);
  return {
    write: (chunk) => {
      const { promise, resolve, reject } = newDeferred<unknown>();
      writeInternal(writer, chunk, { resolve, reject });
      return promise;
    },
    close: () => closeWritable(state),
    abort: (reason) => abortWritable(state, reason),
  };
}
