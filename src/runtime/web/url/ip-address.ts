/**
 * IPv4 and IPv6 addresses in URLs, parsed to their serialisation.
 * @see https://url.spec.whatwg.org/#host-parsing
 */
import { ArrayPrototypePop, MathPow, NumberPrototypeToString, StringPrototypeCharCodeAt, StringPrototypeSplit } from '../../primordials.ts';
import { hexValue } from './percent-encode.ts';

/** The value, or NaN on failure. @see https://url.spec.whatwg.org/#ipv4-number-parser */
function parseIpv4Number(text: string): number {
  if (text === '') return NaN;
  let radix = 10;
  let i = 0;
  if (text.length > 1 && text[0] === '0') {
    radix = text[1] === 'x' || text[1] === 'X' ? 16 : 8;
    i = radix === 16 ? 2 : 1;
  }
  let value = 0;
  for (; i < text.length; i++) {
    const digit = hexValue(StringPrototypeCharCodeAt(text, i));
    if (digit < 0 || digit >= radix) return NaN;
    value = value * radix + digit;
  }
  return value;
}

function isDecimal(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit < 48 || unit > 57) return false;
  }
  return text !== '';
}

/** Must this host be an IPv4 address? @see https://url.spec.whatwg.org/#ends-in-a-number-checker */
export function endsInNumber(host: string): boolean {
  const parts = StringPrototypeSplit(host, '.');
  let last = ArrayPrototypePop(parts) as string;
  if (last === '') {
    if (parts.length === 0) return false;
    last = ArrayPrototypePop(parts) as string;
  }
  const value = parseIpv4Number(last);
  // biome-ignore lint/suspicious/noSelfCompare: only NaN differs from itself, and no intrinsic needs to be captured
  return isDecimal(last) || value === value;
}

/** The serialised address, or null on failure. @see https://url.spec.whatwg.org/#concept-ipv4-parser */
export function parseIpv4(host: string): string | null {
  const parts = StringPrototypeSplit(host, '.');
  if (parts[parts.length - 1] === '' && parts.length > 1) ArrayPrototypePop(parts);
  const count = parts.length;
  if (count > 4) return null;
  let address = 0;
  for (let i = 0; i < count; i++) {
    const value = parseIpv4Number(parts[i] as string);
    // The comparisons are false for NaN, which is failure.
    if (i < count - 1) {
      if (!(value <= 255)) return null;
      address += value * MathPow(256, 3 - i);
    } else {
      if (!(value < MathPow(256, 5 - count))) return null;
      address += value;
    }
  }
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The serialised address without brackets, or null on failure. @see https://url.spec.whatwg.org/#concept-ipv6-parser */
export function parseIpv6(input: string): string | null {
  const pieces = [0, 0, 0, 0, 0, 0, 0, 0];
  const at = (index: number): number => (index < input.length ? StringPrototypeCharCodeAt(input, index) : -1);
  let piece = 0;
  let compress = -1;
  let p = 0;
  if (at(0) === 58) {
    if (at(1) !== 58) return null;
    p = 2;
    compress = ++piece;
  }
  while (p < input.length) {
    if (piece === 8) return null;
    if (at(p) === 58) {
      if (compress !== -1) return null;
      p++;
      compress = ++piece;
      continue;
    }
    let value = 0;
    let length = 0;
    for (let digit = hexValue(at(p)); length < 4 && digit >= 0; digit = hexValue(at(p))) {
      value = value * 16 + digit;
      p++;
      length++;
    }
    if (at(p) === 46) {
      if (length === 0 || piece > 6) return null;
      p -= length;
      let numbersSeen = 0;
      while (p < input.length) {
        if (numbersSeen > 0) {
          if (at(p) !== 46 || numbersSeen >= 4) return null;
          p++;
        }
        let octet = -1;
        for (let c = at(p); c >= 48 && c <= 57; c = at(++p)) {
          if (octet === 0) return null;
          octet = octet < 0 ? c - 48 : octet * 10 + c - 48;
          if (octet > 255) return null;
        }
        if (octet < 0) return null;
        pieces[piece] = (pieces[piece] as number) * 256 + octet;
        numbersSeen++;
        if (numbersSeen === 2 || numbersSeen === 4) piece++;
      }
      if (numbersSeen !== 4) return null;
      break;
    }
    if (at(p) === 58) {
      p++;
      if (p === input.length) return null;
    } else if (p < input.length) return null;
    pieces[piece++] = value;
  }
  if (compress !== -1) {
    for (let swaps = piece - compress, to = 7; to !== 0 && swaps > 0; swaps--, to--) {
      const from = compress + swaps - 1;
      const held = pieces[to] as number;
      pieces[to] = pieces[from] as number;
      pieces[from] = held;
    }
  } else if (piece !== 8) return null;
  return serializeIpv6(pieces);
}

/** @see https://url.spec.whatwg.org/#concept-ipv6-serializer */
function serializeIpv6(pieces: readonly number[]): string {
  let start = -1;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && pieces[end] === 0) end++;
    if (end - i > longest) {
      start = i;
      longest = end - i;
    }
    if (end > i) i = end;
  }
  let out = '';
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      out += i === 0 ? '::' : ':';
      i += longest - 1;
      continue;
    }
    out += NumberPrototypeToString(pieces[i] as number, 16);
    if (i !== 7) out += ':';
  }
  return out;
}
