/** Where a socket is to go: the arguments of `connect`. Rules and words are workerd's. */
import { NumberCtor, NumberIsFinite, NumberPrototypeToString, MathTrunc, StringCtor, StringPrototypeCharCodeAt, TypeErrorCtor } from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { parseUrl } from '../../web/url/parser.ts';

/** `text`: as it was given. */
export type Address = { host: string; port: number; text: string };

const LONGEST = 255;

/** @throws TypeError */
export function readAddress(address: unknown): Address {
  if (address === undefined || address === null) throw new TypeErrorCtor("Failed to execute 'connect': parameter 1 is neither a string nor a SocketAddress.");
  const result = isObject(address) ? ofObject(address as { hostname?: unknown; port?: unknown }) : ofText(StringCtor(address));
  if (!isPlain(result.text)) throw new TypeErrorCtor('Specified address is empty string, contains unsupported characters or is too long.');
  return result;
}

function ofText(text: string): Address {
  const url = parseUrl(`fake://${text}`);
  if (url === null) throw new TypeErrorCtor('Specified address could not be parsed.');
  if (url.host === null || url.host === '') throw new TypeErrorCtor('Specified address is missing hostname.');
  if (url.port === null) throw new TypeErrorCtor('Specified address is missing port.');
  return { host: url.host, port: url.port, text };
}

function ofObject({ hostname, port }: { hostname?: unknown; port?: unknown }): Address {
  const host = StringCtor(hostname);
  const number = NumberCtor(port);
  if (!NumberIsFinite(number)) throw new TypeErrorCtor('The value cannot be converted because it is not an integer.');
  const whole = MathTrunc(number);
  if (whole < 0) throw new TypeErrorCtor('The value cannot be converted because it is negative and this API expects a positive number.');
  if (whole > 65_535) throw new TypeErrorCtor('Value out of range. Must be less than or equal to 65535.');
  return { host, port: whole, text: `${host}:${NumberPrototypeToString(whole)}` };
}

/** Letters, digits and `-._[]:`: no more is checked, but nothing else gets any further. */
function isPlain(text: string): boolean {
  if (text.length === 0 || text.length > LONGEST) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    const isLetter = (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
    // "-", ".", the digits and ":", "[", "]", "_"
    if (!isLetter && unit !== 0x2d && unit !== 0x2e && !(unit >= 0x30 && unit <= 0x3a) && unit !== 0x5b && unit !== 0x5d && unit !== 0x5f) return false;
  }
  return true;
}
