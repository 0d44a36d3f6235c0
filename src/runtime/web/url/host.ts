/**
 * Host parsing, straight to the host's serialisation.
 *
 * A domain that is ASCII and has no `xn--` label is handled here; Unicode's tables stay on the host,
 * which is asked at most once for each of the last names seen.
 *
 * @see https://url.spec.whatwg.org/#host-parsing
 */
import { Sync } from '../../../protocol/ops.ts';
import { callSync } from '../../bridge.ts';
import {
  MapCtor,
  MapPrototypeClear,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  StringPrototypeCharCodeAt,
  StringPrototypeIncludes,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
} from '../../primordials.ts';
import { endsInNumber, parseIpv4, parseIpv6 } from './ip-address.ts';
import { C0_CONTROL, FORBIDDEN_HOST, SETS, percentDecode, percentEncode } from './percent-encode.ts';

const known = new MapCtor<string, string | null>();
const MAX_KNOWN = 64;

/**
 * A departure: a domain that needs Unicode processing and is longer than this is a failure. DNS ends
 * at 253 characters, and Punycode takes quadratic time.
 */
const MAX_DOMAIN = 1024;

/** @see https://url.spec.whatwg.org/#concept-domain-to-ascii */
function askHost(domain: string): string | null {
  if (domain.length > MAX_DOMAIN) return null;
  let ascii = MapPrototypeGet(known, domain);
  if (ascii === undefined) {
    const answer = callSync(Sync.domainToAscii, domain, 0);
    ascii = typeof answer === 'string' && answer !== '' ? answer : null;
    if (MapPrototypeGetSize(known) >= MAX_KNOWN) MapPrototypeClear(known);
    MapPrototypeSet(known, domain, ascii);
  }
  return ascii;
}

/** Forbidden domain code points: the forbidden host code points, C0 controls, % and DELETE. */
function hasForbiddenDomainCodePoint(domain: string): boolean {
  for (let i = 0; i < domain.length; i++) {
    const unit = StringPrototypeCharCodeAt(domain, i);
    if (unit === 37 || (unit < 128 && ((SETS[unit] as number) & (FORBIDDEN_HOST | C0_CONTROL)) !== 0)) return true;
  }
  return false;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (StringPrototypeCharCodeAt(text, i) > 127) return false;
  return true;
}

/** @see https://url.spec.whatwg.org/#concept-opaque-host-parser */
function parseOpaqueHost(input: string): string | null {
  for (let i = 0; i < input.length; i++) {
    const unit = StringPrototypeCharCodeAt(input, i);
    if (unit < 128 && ((SETS[unit] as number) & FORBIDDEN_HOST) !== 0) return null;
  }
  return percentEncode(input, C0_CONTROL);
}

/**
 * The serialised host, or null on failure.
 * @param input a well-formed string
 * @see https://url.spec.whatwg.org/#concept-host-parser
 */
export function parseHost(input: string, isOpaque: boolean): string | null {
  if (input[0] === '[') {
    if (input[input.length - 1] !== ']') return null;
    const address = parseIpv6(StringPrototypeSlice(input, 1, -1));
    return address === null ? null : `[${address}]`;
  }
  if (isOpaque) return parseOpaqueHost(input);
  const domain = StringPrototypeIncludes(input, '%') ? percentDecode(input) : input;
  let ascii: string | null = domain;
  if (isAscii(domain)) {
    ascii = StringPrototypeToLowerCase(domain);
    if (StringPrototypeIncludes(ascii, 'xn--')) ascii = askHost(ascii);
  } else ascii = askHost(domain);
  if (ascii === null || ascii === '' || hasForbiddenDomainCodePoint(ascii)) return null;
  return endsInNumber(ascii) ? parseIpv4(ascii) : ascii;
}
