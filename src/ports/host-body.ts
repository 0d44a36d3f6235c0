/**
 * A body that lives on the host: an incoming request's or a fetched response's. Bytes reach the
 * isolate only when it asks for them.
 *
 * Contract: a body is consumed once, by exactly one of the ways below.
 */
import type { Readable } from 'node:stream';

/** A stream that fills the memory of chunks again which come back. */
export interface RecyclingStream {
  /** Only to be called by who gives chunks to nobody but a socket: from now on they share memory with others before them. */
  startRecycling(): void;
  /** Nobody needs this chunk any more. */
  recycle(chunk: Uint8Array): void;
}

export interface HostBody {
  /** The next chunk, or null at the end. Rejects when the body breaks off or exceeds its limit. */
  read(): Promise<Uint8Array | null>;
  /** All that is left, decoded as UTF-8 (a leading byte order mark is dropped, malformed input becomes U+FFFD). */
  text(): Promise<string>;
  /** All that is left. */
  bytes(): Promise<ArrayBuffer>;
  /** Nobody wants the rest. Never throws. */
  cancel(): void;
  /** The rest as a Node stream, to be piped to a socket or an upstream without entering the isolate. */
  stream(): Readable;
}
