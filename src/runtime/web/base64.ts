/**
 * atob and btoa, on V8's own base64: its default, "loose" decoding is the forgiving one.
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#atob
 * @see https://infra.spec.whatwg.org/#forgiving-base64
 */
import { StringPrototypeCharCodeAt, Uint8ArrayCtor, Uint8ArrayFromBase64, Uint8ArrayPrototypeToBase64 } from '../primordials.ts';
import { DOMString, requireArguments } from '../webidl.ts';
import { DOMException } from './dom-exception.ts';
import { latin1FromBytes } from './encoding/code-units.ts';

/** @throws DOMException InvalidCharacterError where `data` is not base64 */
export function atob(data: unknown): string {
  requireArguments(arguments.length, 1, 'atob');
  const text = DOMString(data, "Failed to execute 'atob': parameter 1");
  let bytes: Uint8Array;
  try {
    bytes = Uint8ArrayFromBase64(text);
  } catch {
    throw new DOMException("Failed to execute 'atob': the string to be decoded is not correctly encoded.", 'InvalidCharacterError');
  }
  return latin1FromBytes(bytes);
}

/** @throws DOMException InvalidCharacterError where `data` has a character above U+00FF */
export function btoa(data: unknown): string {
  requireArguments(arguments.length, 1, 'btoa');
  const text = DOMString(data, "Failed to execute 'btoa': parameter 1");
  const { length } = text;
  const bytes = new Uint8ArrayCtor(length);
  for (let i = 0; i < length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit > 255) {
      throw new DOMException("Failed to execute 'btoa': the string to be encoded contains characters outside of the Latin1 range.", 'InvalidCharacterError');
    }
    bytes[i] = unit;
  }
  return Uint8ArrayPrototypeToBase64(bytes);
}
