/**
 * The parser for ordinary URLs: absolute http or https, a lower-case ASCII name, nothing to encode,
 * no dot segments. One pass, no intermediate strings.
 *
 * Contract: what it accepts, it parses exactly as parser.ts would; anything it is unsure of, it
 * leaves alone.
 */
import { StringPrototypeCharCodeAt, StringPrototypeIncludes, StringPrototypeSlice, StringPrototypeStartsWith } from '../../primordials.ts';
import { FRAGMENT, PATH, SETS, SPECIAL_QUERY } from './percent-encode.ts';
import type { UrlRecord } from './record.ts';

/** The record, or null where the full parser must decide. */
export function parseOrdinary(input: string): UrlRecord | null {
  if (!StringPrototypeStartsWith(input, 'http')) return null;
  const { length } = input;
  const isSecure = length > 4 && StringPrototypeCharCodeAt(input, 4) === 115;
  let p = isSecure ? 5 : 4;
  if (!StringPrototypeStartsWith(input, '://', p)) return null;
  p += 3;

  const hostStart = p;
  let labelStart = p;
  let hyphens = 0;
  let c = -1;
  for (; p < length; p++) {
    c = StringPrototypeCharCodeAt(input, p);
    if ((c >= 97 && c <= 122) || (c >= 48 && c <= 57)) continue;
    if (c === 46) labelStart = p + 1;
    else if (c === 45) hyphens++;
    else break;
  }
  // An empty last label may follow a number, and a last label that starts with a digit may be one.
  if (labelStart === p) return null;
  const label = StringPrototypeCharCodeAt(input, labelStart);
  if (label >= 48 && label <= 57) return null;
  const host = StringPrototypeSlice(input, hostStart, p);
  if (hyphens > 1 && StringPrototypeIncludes(host, 'xn--')) return null;

  let port: number | null = null;
  if (p < length && c === 58) {
    const digits = ++p;
    port = 0;
    for (; p < length; p++) {
      c = StringPrototypeCharCodeAt(input, p);
      if (c < 48 || c > 57) break;
      port = port * 10 + c - 48;
    }
    if (p === digits || port > 65535) return null;
    if (port === (isSecure ? 443 : 80)) port = null;
  }

  let path = '/';
  if (p < length && c === 47) {
    const pathStart = p;
    let isSegmentStart = false;
    for (; p < length; p++) {
      c = StringPrototypeCharCodeAt(input, p);
      if (c === 47) {
        isSegmentStart = true;
        continue;
      }
      if (c === 63 || c === 35) break;
      if (c > 127 || c === 92 || ((SETS[c] as number) & PATH) !== 0) return null;
      if (isSegmentStart) {
        if (c === 46 || c === 37) return null;
        isSegmentStart = false;
      }
    }
    path = StringPrototypeSlice(input, pathStart, p);
  }

  let query: string | null = null;
  if (p < length && c === 63) {
    const queryStart = ++p;
    for (; p < length; p++) {
      c = StringPrototypeCharCodeAt(input, p);
      if (c === 35) break;
      if (c > 127 || ((SETS[c] as number) & SPECIAL_QUERY) !== 0) return null;
    }
    query = StringPrototypeSlice(input, queryStart, p);
  }

  let fragment: string | null = null;
  if (p < length) {
    if (c !== 35) return null;
    const fragmentStart = ++p;
    for (; p < length; p++) {
      c = StringPrototypeCharCodeAt(input, p);
      if (c > 127 || ((SETS[c] as number) & FRAGMENT) !== 0) return null;
    }
    fragment = StringPrototypeSlice(input, fragmentStart);
  }
  return { scheme: isSecure ? 'https' : 'http', username: '', password: '', host, port, path, isOpaque: false, query, fragment };
}
