/**
 * What may be kept, and for how long: what Cloudflare's cache makes of a response's headers.
 *
 * The request's own Cache-Control does not count. `stale-while-revalidate` and `stale-if-error` are not supported, as documented.
 * @see https://developers.cloudflare.com/workers/runtime-apis/cache/#headers
 * @see https://www.rfc-editor.org/rfc/rfc9111#name-storing-responses-in-caches
 */
import { flatHeader } from '../../base/flat-headers.ts';

/** Statuses whose meaning a cache knows. */
const UNDERSTOOD: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501]);

/**
 * Seconds, where no header says how long.
 * @see https://developers.cloudflare.com/cache/how-to/configure-cache-status-code/#edge-ttl
 */
const DEFAULT_SECONDS: ReadonlyMap<number, number> = new Map([
  [200, 7200],
  [301, 7200],
  [302, 1200],
  [303, 1200],
  [404, 180],
  [410, 180],
]);

const MOST_SECONDS = 365 * 24 * 60 * 60;

/** What is of the connection, and not of the response; and what a match says anew. */
const NOT_KEPT: ReadonlySet<string> = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade age date content-length cf-cache-status'.split(' '),
);

export type Kept = {
  /** None: it is out of date at once, and so is what was there. */
  seconds: number;
  /** As they are kept, without Age and Date. */
  headers: string;
};

const STALE: Kept = { seconds: 0, headers: '' };

/**
 * @param headers of the response, flat, names in lower case
 * @param now in milliseconds
 * @returns undefined where the response may not be kept
 */
export function policyOf(requestHeaders: string, status: number, headers: string, now: number): Kept | undefined {
  if (!UNDERSTOOD.has(status)) return undefined;
  const control = flatHeader(headers, 'cache-control');
  const directives = parse(control ?? '');
  // "private=Set-Cookie": keep it, without the cookie.
  const withoutCookie = directives.get('private')?.toLowerCase() === 'set-cookie';
  if (directives.has('no-store') || (directives.has('private') && !withoutCookie)) return undefined;
  if (!withoutCookie && flatHeader(headers, 'set-cookie') !== undefined) return undefined;
  const isShared = directives.has('public') || directives.has('must-revalidate') || directives.has('s-maxage');
  if (flatHeader(requestHeaders, 'authorization') !== undefined && !isShared) return undefined;
  if (directives.has('no-cache') || (control === undefined && flatHeader(headers, 'pragma')?.includes('no-cache') === true)) return STALE;
  const seconds = Math.min(lifetime(directives, status, headers, now) - secondsOf(flatHeader(headers, 'age')), MOST_SECONDS);
  if (!(seconds > 0)) return STALE;
  return { seconds, headers: keptHeaders(headers, withoutCookie) };
}

function lifetime(directives: ReadonlyMap<string, string>, status: number, headers: string, now: number): number {
  if (directives.has('proxy-revalidate')) return 0;
  const age = directives.get('s-maxage') ?? directives.get('max-age');
  if (age !== undefined) return secondsOf(age);
  const expires = flatHeader(headers, 'expires');
  if (expires === undefined) return DEFAULT_SECONDS.get(status) ?? 0;
  const at = Date.parse(expires);
  return Number.isNaN(at) ? 0 : (at - now) / 1000;
}

function secondsOf(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}

/** Names in lower case; a directive without a value has an empty one. */
function parse(control: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const part of control.split(',')) {
    const [name = '', value = ''] = part.split('=', 2);
    if (name.trim() !== '') directives.set(name.trim().toLowerCase(), value.trim().replace(/^"|"$/g, ''));
  }
  return directives;
}

function keptHeaders(headers: string, withoutCookie: boolean): string {
  const kept: string[] = [];
  const parts = headers === '' ? [] : headers.split('\n');
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const name = (parts[i] as string).toLowerCase();
    let value = parts[i + 1] as string;
    if (NOT_KEPT.has(name) || (withoutCookie && name === 'set-cookie')) continue;
    if (withoutCookie && name === 'cache-control') value = value.replace(/private\s*=\s*"?set-cookie"?\s*(?:,\s*|$)/i, '').replace(/,\s*$/, '');
    if (value !== '') kept.push(name, value);
  }
  return kept.join('\n');
}
