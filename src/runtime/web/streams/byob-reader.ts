/**
 * ReadableStreamBYOBReader.
 *
 * Departure: `readAtLeast(minElements, view)` is Workers' own, older spelling of `read(view, { min })`.
 *
 * @see https://streams.spec.whatwg.org/#byob-reader-class
 * @see https://developers.cloudflare.com/workers/runtime-apis/streams/readablestreambyobreader/
 */
import { ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetDetached, PromiseReject, RangeErrorCtor, TypeErrorCtor } from '../../primordials.ts';
import { argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { dictionary, unsignedLongLongEnforceRange } from '../../webidl-types.ts';
import { arrayBufferView, bufferOf, byteLengthOf, constructorOf, elementSizeOf, type View } from './byte-view.ts';
import { streamArgument } from './default-reader.ts';
import { acquireReader, cancelReader, PromiseRead, readInto, releasedError, releaseReader, type ReadResult } from './reader.ts';
import type { Reader } from './readable-state.ts';
import { promiseOf } from './settlement.ts';

const readOptions = dictionary<{ min: number }>('ReadableStreamBYOBReaderReadOptions', [
  { key: 'min', converter: unsignedLongLongEnforceRange, defaultValue: () => 1 },
]);

/** @see https://streams.spec.whatwg.org/#byob-reader-read */
function read(reader: Reader, view: View, min: number): Promise<ReadResult> {
  const length = byteLengthOf(view);
  const buffer = bufferOf(view);
  if (length === 0 || ArrayBufferPrototypeGetByteLength(buffer) === 0) throw new TypeErrorCtor('The view is empty.');
  if (ArrayBufferPrototypeGetDetached(buffer)) throw new TypeErrorCtor('The buffer of the view has been detached.');
  if (min === 0) throw new TypeErrorCtor('min must be greater than 0.');
  if (min * elementSizeOf(constructorOf(view)) > length) throw new RangeErrorCtor('min is greater than the length of the view.');
  if (reader.stream === undefined) throw releasedError('reader');
  const request = new PromiseRead();
  readInto(reader, view, min, request);
  return request.promise();
}

let readerOf: (reader: ReadableStreamBYOBReader) => Reader;

export class ReadableStreamBYOBReader {
  #reader: Reader;

  static {
    readerOf = (reader) => {
      if (!isObject(reader) || !(#reader in reader)) throw illegalInvocation();
      return reader.#reader;
    };
  }

  constructor(stream: unknown) {
    this.#reader = acquireReader(streamArgument(arguments.length, stream, 'ReadableStreamBYOBReader'), true);
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

  read(view: unknown, options: unknown = undefined): Promise<ReadResult> {
    try {
      const reader = readerOf(this);
      requireArguments(arguments.length, 1, "Failed to execute 'read' on 'ReadableStreamBYOBReader'");
      const given = arrayBufferView(view, argument('read', 'ReadableStreamBYOBReader', 1));
      const { min } = readOptions(options, argument('read', 'ReadableStreamBYOBReader', 2));
      return read(reader, given, min);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  readAtLeast(minElements: unknown, view: unknown): Promise<ReadResult> {
    try {
      const reader = readerOf(this);
      requireArguments(arguments.length, 2, "Failed to execute 'readAtLeast' on 'ReadableStreamBYOBReader'");
      const min = unsignedLongLongEnforceRange(minElements, argument('readAtLeast', 'ReadableStreamBYOBReader', 1));
      return read(reader, arrayBufferView(view, argument('readAtLeast', 'ReadableStreamBYOBReader', 2)), min);
    } catch (error) {
      return PromiseReject(error);
    }
  }

  releaseLock(): void {
    const reader = readerOf(this);
    if (reader.stream !== undefined) releaseReader(reader);
  }
}

defineInterface(ReadableStreamBYOBReader, 'ReadableStreamBYOBReader');
