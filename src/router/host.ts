/**
 * The Host header, made comparable. It comes from strangers and decides whose code runs, so whatever is not
 * plainly one host is none.
 */
import { isIPv6 } from 'node:net';

const MAX_HOST = 253;

/**
 * Lower case, without port and trailing dot; an IPv6 literal in brackets, in its canonical form. Undefined for anything
 * that is not one host with an optional port: nothing, several, with a user name, a path, white space, non-ASCII.
 */
export function normaliseHost(raw: string | undefined): string | undefined {
  if (raw === undefined) return undefined;
  const length = raw.length;
  if (length === 0 || length > MAX_HOST + 7) return undefined;
  if (raw.charCodeAt(0) === 91 /* [ */) return normaliseIPv6(raw);
  let end = length;
  let upper = false;
  // A label may not be empty: true at the start and after a dot.
  let atLabel = true;
  for (let i = 0; i < length; i++) {
    const code = raw.charCodeAt(i);
    if ((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45 /* - */ || code === 95 /* _ */) atLabel = false;
    else if (code === 46 /* . */) {
      if (atLabel) return undefined;
      atLabel = true;
    } else if (code >= 65 && code <= 90) {
      upper = true;
      atLabel = false;
    } else if (code === 58 /* : */) {
      if (!isPort(raw, i + 1)) return undefined;
      end = i;
      break;
    } else return undefined;
  }
  if (end === 0) return undefined;
  // One dot at the end says that the name is complete; it was.
  if (atLabel) end--;
  if (end > MAX_HOST) return undefined;
  const host = end === length ? raw : raw.slice(0, end);
  return upper ? host.toLowerCase() : host;
}

/** Is the rest of the text a port? An empty one is allowed, as in RFC 3986. */
function isPort(raw: string, start: number): boolean {
  if (raw.length - start > 5) return false;
  let port = 0;
  for (let i = start; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code < 48 || code > 57) return false;
    port = port * 10 + code - 48;
  }
  return port <= 65535;
}

function normaliseIPv6(raw: string): string | undefined {
  const close = raw.indexOf(']');
  const address = raw.slice(1, close);
  if (close === -1 || !isIPv6(address) || address.includes('%')) return undefined;
  if (close + 1 < raw.length && !(raw.charCodeAt(close + 1) === 58 && isPort(raw, close + 2))) return undefined;
  return new URL(`http://[${address}]/`).hostname;
}
