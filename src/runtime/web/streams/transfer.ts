/**
 * Transfer of streams by structuredClone and postMessage.
 *
 * There is one realm, so what the standard does with a pair of ports is a transform stream here: each
 * chunk is cloned on its way, and one that cannot be cloned fails both sides.
 *
 * @see https://streams.spec.whatwg.org/#rs-transfer
 * @see https://streams.spec.whatwg.org/#ws-transfer
 * @see https://streams.spec.whatwg.org/#ts-transfer
 */
import { markHandled } from '../../primordials.ts';
import { DOMException } from '../dom-exception.ts';
import { cloneWithTransfer } from '../structured-clone.ts';
import { registerTransferable } from '../structured-clone-registry.ts';
import { INTERNAL } from './algorithm.ts';
import { isReadableStream, isReadableStreamLocked, readableStreamPipeTo, type ReadableStream } from './readable-stream.ts';
import { createTransformStream, isTransformStream, TransformStream, transformPair, type TransformPair } from './transform-stream.ts';
import { isWritableStream, isWritableStreamLocked, type WritableStream } from './writable-stream.ts';

const refuseLocked = (isLocked: boolean): void => {
  if (isLocked) throw new DOMException('A locked stream could not be transferred.', 'DataCloneError');
};

const crossing = (): TransformPair => transformPair(createTransformStream({ transform: (chunk, control) => control.enqueue(cloneWithTransfer(chunk, [])) }));

function moveReadable(stream: ReadableStream): ReadableStream {
  refuseLocked(isReadableStreamLocked(stream));
  const { readable, writable } = crossing();
  markHandled(readableStreamPipeTo(stream, writable, {}));
  return readable;
}

function moveWritable(stream: WritableStream): WritableStream {
  refuseLocked(isWritableStreamLocked(stream));
  const { readable, writable } = crossing();
  markHandled(readableStreamPipeTo(readable, stream, {}));
  return writable;
}

const neverDetached = (): boolean => false;

// A stream that was transferred is locked for ever, which is all there is to see of it.
registerTransferable(isReadableStream, neverDetached, moveReadable);
registerTransferable(isWritableStream, neverDetached, moveWritable);
registerTransferable(isTransformStream, neverDetached, (stream) => {
  const { readable, writable } = transformPair(stream);
  refuseLocked(isReadableStreamLocked(readable) || isWritableStreamLocked(writable));
  return new TransformStream(INTERNAL, { readable: moveReadable(readable), writable: moveWritable(writable) });
});
