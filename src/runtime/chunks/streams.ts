/** Streams, and bodies that are streams. */
import { bodyOfIterable, bodyOfStream, openStream, proxyBody, teeBody } from '../web/body-open.ts';
import { cancelStream, isReadableStream, isReadableStreamDisturbed, isReadableStreamLocked, readAll, sealStream } from '../web/body-stream.ts';
import { describe } from '../web/describe-streams.ts';
import { sendStream } from '../web/outbound-stream.ts';
import { pump } from '../web/pump.ts';
import { ReadableStreamBYOBReader } from '../web/streams/byob-reader.ts';
import { ReadableByteStreamController, ReadableStreamBYOBRequest } from '../web/streams/byte-controller.ts';
import { ReadableStreamDefaultController } from '../web/streams/default-controller.ts';
import { ReadableStreamDefaultReader } from '../web/streams/default-reader.ts';
import { FixedLengthStream, IdentityTransformStream } from '../web/streams/identity-transform-stream.ts';
import { ReadableStream, createReadableByteStream, fixedLengthOf, knownLengthOf, setFixedLength } from '../web/streams/readable-stream.ts';
import { ByteLengthQueuingStrategy, CountQueuingStrategy } from '../web/streams/strategies.ts';
import { TransformStream, TransformStreamDefaultController } from '../web/streams/transform-stream.ts';
import { lendWritable } from '../web/streams/lent-writable.ts';
import {
  createWritableStream,
  isWritableStream,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from '../web/streams/writable-stream.ts';
import { provide } from '../link.ts';

const offers = {
  bodyOfIterable,
  bodyOfStream,
  cancelStream,
  createReadableByteStream,
  createWritableStream,
  describe,
  fixedLengthOf,
  isReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  isWritableStream,
  knownLengthOf,
  lendWritable,
  openStream,
  proxyBody,
  pump,
  readAll,
  sealStream,
  sendStream,
  setFixedLength,
  teeBody,
};

declare module '../link.ts' {
  interface Chunks {
    streams: typeof offers;
  }
}

provide('streams', offers, {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  FixedLengthStream,
  IdentityTransformStream,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
});
