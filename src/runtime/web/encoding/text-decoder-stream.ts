/**
 * TextDecoderStream.
 * @see https://encoding.spec.whatwg.org/#interface-textdecoderstream
 */
import { Uint8ArrayCtor } from '../../primordials.ts';
import { defineInterface, illegalInvocation, isObject } from '../../webidl.ts';
import type { ReadableStream } from '../streams/readable-stream.ts';
import { createTransformStream, transformPair, type TransformPair } from '../streams/transform-stream.ts';
import type { WritableStream } from '../streams/writable-stream.ts';
import type { Decoder } from './decoder.ts';
import { sourceBytes } from './source-bytes.ts';
import { createDecoder } from './text-decoder.ts';

const NAME = 'TextDecoderStream';

function decodingPair(decoder: Decoder): TransformPair {
  return transformPair(
    createTransformStream({
      transform: (chunk, control) => {
        const text = decoder.decode(sourceBytes(chunk, 'The chunk'), true);
        if (text !== '') control.enqueue(text);
      },
      flush: (control) => {
        const text = decoder.decode(new Uint8ArrayCtor(0), false);
        if (text !== '') control.enqueue(text);
      },
    }),
  );
}

export class TextDecoderStream {
  #decoder: Decoder;
  #pair: TransformPair;

  constructor(label: unknown = 'utf-8', options: unknown = undefined) {
    this.#decoder = createDecoder(label, options, NAME);
    this.#pair = decodingPair(this.#decoder);
  }

  get encoding(): string {
    if (!isObject(this) || !(#decoder in this)) throw illegalInvocation();
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    if (!isObject(this) || !(#decoder in this)) throw illegalInvocation();
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    if (!isObject(this) || !(#decoder in this)) throw illegalInvocation();
    return this.#decoder.ignoreBOM;
  }

  get readable(): ReadableStream {
    if (!isObject(this) || !(#decoder in this)) throw illegalInvocation();
    return this.#pair.readable;
  }

  get writable(): WritableStream {
    if (!isObject(this) || !(#decoder in this)) throw illegalInvocation();
    return this.#pair.writable;
  }
}

defineInterface(TextDecoderStream, NAME);
