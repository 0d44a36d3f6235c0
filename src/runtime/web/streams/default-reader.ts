/**
 * ReadableStreamDefaultReader, and what it shares with the BYOB reader.
 *
 * Contract: the classes of streams and readers know one another only through `streamOf`, which the
 * file of ReadableStream installs while it loads.
 *
 * @see https://streams.spec.whatwg.org/#default-reader-class
 */
import { PromiseReject } from '../../primordials.ts';
import { defineInterface, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { acquireReader, cancelReader, PromiseRead, readInternal, releasedError, releaseReader, type ReadResult } from './reader.ts';
import type { Reader, ReadableState } from './readable-state.ts';
import { promiseOf } from './settlement.ts';

/** Throws TypeError unless `value` is a ReadableStream. */
type StreamOf = (value: unknown, context: string) => ReadableState;
let streamOf: StreamOf;

export function installStreamOf(accessor: StreamOf): void {
  streamOf = accessor;
}

/** The `stream` argument of a reader's constructor. */
export function streamArgument(given: number, stream: unknown, name: string): ReadableState {
  requireArguments(given, 1, `Failed to construct '${name}'`);
  return streamOf(stream, `Failed to construct '${name}': parameter 1`);
}

let readerOf: (reader: ReadableStreamDefaultReader) => Reader;

export class ReadableStreamDefaultReader {
  #reader: Reader;

  static {
    readerOf = (reader) => {
      if (!isObject(reader) || !(#reader in reader)) throw illegalInvocation();
      return reader.#reader;
    };
  }

  constructor(stream: unknown) {
    this.#reader = acquireReader(streamArgument(arguments.length, stream, 'ReadableStreamDefaultReader'), false);
  }

  get closed(): Promise<undefined> {
    try {
      return promiseOf(readerOf(this).closed);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  cancel(reason: unknown = undefined): Promise<undefined> {
    try {
      return cancelReader(readerOf(this), reason);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  /** @see https://streams.spec.whatwg.org/#default-reader-read */
  read(): Promise<ReadResult> {
    try {
      const reader = readerOf(this);
      if (reader.stream === undefined) throw releasedError('reader');
      const request = new PromiseRead();
      readInternal(reader, request);
      return request.promise();
    } catch (error) {
      return PromiseReject(error);
    }
  }

  releaseLock(): void {
    const reader = readerOf(this);
    if (reader.stream !== undefined) releaseReader(reader);
  }
}

defineInterface(ReadableStreamDefaultReader, 'ReadableStreamDefaultReader');
