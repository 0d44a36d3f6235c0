/**
 * Values that can be cloned, as bytes and back: for what leaves the isolate, and may come back much later.
 *
 * Contract: `deserialize` takes any bytes. What `serialize` did not write is refused with a DataCloneError (or the
 * error of the constructor that refuses it), and memory is only taken for what the bytes are long enough to hold.
 * What the language cannot clone, functions and objects with a life of their own, goes through `Externals`.
 *
 * Departures from structured cloning: resizable buffers arrive with a fixed length.
 * @see https://html.spec.whatwg.org/#structuredserializeinternal
 */
import { type Externals, VERSION } from './wire-format.ts';
import { Reader } from './wire-reader.ts';
import { Writer } from './wire-writer.ts';

export type { External, Externals } from './wire-format.ts';

/**
 * A value as bytes, in a buffer of their own.
 * @throws DataCloneError, with V8's text, for what cannot be cloned; what a getter of the value throws
 */
export function serialize(value: unknown, replace?: Externals['replace']): Uint8Array<ArrayBuffer> {
  const writer = new Writer(replace);
  writer.byte(VERSION);
  writer.value(value);
  return writer.finish();
}

/** The value that bytes stand for. @throws DataCloneError where they stand for none */
export function deserialize(bytes: Uint8Array, revive?: Externals['revive']): unknown {
  return new Reader(bytes, revive).whole();
}
