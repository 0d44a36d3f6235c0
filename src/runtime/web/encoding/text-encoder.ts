/**
 * TextEncoder.
 * @see https://encoding.spec.whatwg.org/#interface-textencoder
 */
import { TypeErrorCtor, TypedArrayPrototypeGetSymbolToStringTag } from '../../primordials.ts';
import { DOMString, argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { sourceBytes } from './source-bytes.ts';
import { encodeUtf8, encodeUtf8Into, type Progress } from './utf8.ts';

const NAME = 'TextEncoder';

export class TextEncoder {
  /** Only for the brand: an encoder has no state. */
  #brand = true;

  get encoding(): string {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    return 'utf-8';
  }

  encode(input: unknown = ''): Uint8Array<ArrayBuffer> {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    return encodeUtf8(DOMString(input, argument('encode', NAME, 1)));
  }

  encodeInto(source: unknown, destination: unknown): Progress {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    requireArguments(arguments.length, 2, 'TextEncoder.encodeInto');
    const text = DOMString(source, argument('encodeInto', NAME, 1));
    if (!isObject(destination) || TypedArrayPrototypeGetSymbolToStringTag(destination) !== 'Uint8Array') {
      throw new TypeErrorCtor(`${argument('encodeInto', NAME, 2)} is not of type 'Uint8Array'.`);
    }
    return encodeUtf8Into(text, sourceBytes(destination, ''));
  }
}

defineInterface(TextEncoder, NAME);
