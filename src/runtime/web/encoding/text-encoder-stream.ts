/**
 * TextEncoderStream.
 * @see https://encoding.spec.whatwg.org/#interface-textencoderstream
 */
import { StringPrototypeCharCodeAt, StringPrototypeSlice } from '../../primordials.ts';
import { DOMString, defineInterface, illegalInvocation, isObject } from '../../webidl.ts';
import type { ReadableStream } from '../streams/readable-stream.ts';
import { createTransformStream, transformPair, type TransformPair } from '../streams/transform-stream.ts';
import type { WritableStream } from '../streams/writable-stream.ts';
import { encodeUtf8 } from './utf8.ts';

const NAME = 'TextEncoderStream';

/** Encodes chunk by chunk; a leading surrogate at the end of one waits for the next. */
function encodingPair(): TransformPair {
  let lead = '';
  return transformPair(
    createTransformStream({
      transform: (chunk, control) => {
        let text = lead + DOMString(chunk, 'The chunk');
        const last = text.length - 1;
        const splits = last >= 0 && (StringPrototypeCharCodeAt(text, last) & 0xfc00) === 0xd800;
        lead = splits ? StringPrototypeSlice(text, last) : '';
        if (splits) text = StringPrototypeSlice(text, 0, last);
        if (text !== '') control.enqueue(encodeUtf8(text));
      },
      flush: (control) => {
        if (lead !== '') control.enqueue(encodeUtf8(lead));
      },
    }),
  );
}

export class TextEncoderStream {
  #pair: TransformPair = encodingPair();

  get encoding(): string {
    if (!isObject(this) || !(#pair in this)) throw illegalInvocation();
    return 'utf-8';
  }

  get readable(): ReadableStream {
    if (!isObject(this) || !(#pair in this)) throw illegalInvocation();
    return this.#pair.readable;
  }

  get writable(): WritableStream {
    if (!isObject(this) || !(#pair in this)) throw illegalInvocation();
    return this.#pair.writable;
  }
}

defineInterface(TextEncoderStream, NAME);
