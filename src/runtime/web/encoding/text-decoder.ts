/**
 * TextDecoder.
 * @see https://encoding.spec.whatwg.org/#interface-textdecoder
 */
import { RangeErrorCtor, Uint8ArrayCtor } from '../../primordials.ts';
import { DOMString, argument, defineInterface, illegalInvocation, isObject } from '../../webidl.ts';
import { boolean, dictionary } from '../../webidl-types.ts';
import { Decoder } from './decoder.ts';
import { encodingFromLabel } from './labels.ts';
import { sourceBytes } from './source-bytes.ts';

const NAME = 'TextDecoder';

const off = (): boolean => false;
const toOptions = dictionary<{ fatal: boolean; ignoreBOM: boolean }>('TextDecoderOptions', [
  { key: 'fatal', converter: boolean, defaultValue: off },
  { key: 'ignoreBOM', converter: boolean, defaultValue: off },
]);
const toDecodeOptions = dictionary<{ stream: boolean }>('TextDecodeOptions', [{ key: 'stream', converter: boolean, defaultValue: off }]);

/** What the constructors of TextDecoder and TextDecoderStream do. */
export function createDecoder(label: unknown, options: unknown, interfaceName: string): Decoder {
  const context = `Failed to construct '${interfaceName}': parameter`;
  const name = DOMString(label, `${context} 1`);
  const { fatal, ignoreBOM } = toOptions(options, `${context} 2`);
  const encoding = encodingFromLabel(name);
  if (encoding === null || encoding === 'replacement') {
    throw new RangeErrorCtor(`"${name}" is not a valid encoding.`);
  }
  return new Decoder(encoding, fatal, ignoreBOM);
}

export class TextDecoder {
  #decoder: Decoder;

  constructor(label: unknown = 'utf-8', options: unknown = undefined) {
    this.#decoder = createDecoder(label, options, NAME);
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

  decode(input: unknown = undefined, options: unknown = undefined): string {
    if (!isObject(this) || !(#decoder in this)) throw illegalInvocation();
    const context = argument('decode', NAME, 1);
    let bytes = input === undefined ? new Uint8ArrayCtor(0) : sourceBytes(input, context);
    let stream = false;
    if (options !== undefined) {
      stream = toDecodeOptions(options, argument('decode', NAME, 2)).stream;
      // The options' getter may have changed or detached the input, whose bytes are due only now.
      if (input !== undefined) bytes = sourceBytes(input, context);
    }
    return this.#decoder.decode(bytes, stream);
  }
}

defineInterface(TextDecoder, NAME);
