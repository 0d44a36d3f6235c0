/**
 * What the commands for stored data (`nano kv`, `d1`, `r2`, `queues`) ask, whether of a data folder or of a running server.
 *
 * Contract: an operation has one implementation; how it is reached changes neither its answers nor its errors. A body
 * that is given out is read or destroyed by whoever gets it.
 */
import type { Readable } from 'node:stream';

/** Bytes that come with an operation; their number, where it is known. */
export type DataBody = { stream: Readable; length: number | undefined };

/** A JSON value, or bytes. */
export type DataAnswer = { value: unknown } | { stream: Readable; length: number | undefined };

/** What a server says, which also passes on JSON of so many bytes that it has not read itself. */
export type ServedAnswer = DataAnswer | { json: Readable; length: number };

export interface StoredData {
  /**
   * @param operation "kv/get"
   * @throws DataError
   */
  call(operation: string, args: Readonly<Record<string, unknown>>, body?: DataBody): Promise<DataAnswer>;
}

/** "invalid": the arguments are wrong. "missing": there is no such thing. "failed": it was tried. */
export type DataErrorKind = 'invalid' | 'missing' | 'failed';

/** An operation's refusal; the message says all there is to say to whoever asked. */
export class DataError extends Error {
  override name = 'DataError';
  readonly kind: DataErrorKind;

  constructor(kind: DataErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
