/**
 * Cloudflare's route patterns: `[http[s]://]host[/path]`, where the host may begin with `*` and the path may end with `*`.
 * @see https://developers.cloudflare.com/workers/configuration/routing/routes/#matching-behavior
 */
import { domainToASCII } from 'node:url';

export interface RoutePattern {
  readonly pattern: string;
  /** Only requests of this scheme match. */
  readonly scheme?: 'http' | 'https';
  /** Lower-case ASCII host, without the wildcard and what belongs to it; "" where any host matches. */
  readonly host: string;
  /** `exact`: this host; `subhosts`: hosts below it (`*.example.com`); `all`: it and those (`*example.com`), or any host where `host` is "". */
  readonly hosts: 'exact' | 'subhosts' | 'all';
  /** Path without the wildcard, starting with "/". Compared with path and query, case-sensitively. */
  readonly path: string;
  /** The path is a prefix. */
  readonly pathPrefix: boolean;
}

/** The parsed pattern, or what is wrong with it as a sentence. */
export function parseRoutePattern(pattern: string): RoutePattern | string {
  const quoted = `Route pattern ${JSON.stringify(pattern)}`;
  if (pattern.trim() === '') return 'A route pattern may not be empty.';
  if (/[\s\\]/.test(pattern)) return `${quoted} contains white space or a backslash.`;
  if (pattern.includes('?')) return `${quoted} contains a query string. This is not allowed.`;
  if (pattern.includes('#')) return `${quoted} contains a fragment. This is not allowed.`;
  const schemeEnd = pattern.indexOf('://');
  const scheme = schemeEnd === -1 ? undefined : pattern.slice(0, schemeEnd).toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') return `${quoted} has a scheme that is neither http:// nor https://.`;
  const rest = schemeEnd === -1 ? pattern : pattern.slice(schemeEnd + 3);
  const slash = rest.indexOf('/');
  const rawHost = slash === -1 ? rest : rest.slice(0, slash);
  const rawPath = slash === -1 ? '/' : rest.slice(slash);
  const infix = `${quoted} contains an infix wildcard. This is not allowed: "*" may only begin the host and end the path.`;

  const pathPrefix = rawPath.endsWith('*');
  const path = pathPrefix ? rawPath.slice(0, -1) : rawPath;
  if (path.includes('*')) return infix;

  const wildcard = rawHost.startsWith('*');
  const afterWildcard = wildcard ? rawHost.slice(1) : rawHost;
  if (afterWildcard.includes('*')) return infix;
  if (wildcard && afterWildcard === '') return { pattern, ...(scheme && { scheme }), host: '', hosts: 'all', path, pathPrefix };
  const below = wildcard && afterWildcard.startsWith('.');
  const named = below ? afterWildcard.slice(1) : afterWildcard;
  if (named === '') return `${quoted} has no host.`;
  if (named.includes('@')) return `${quoted} contains a user name. This is not allowed.`;
  if (/:\d*$/.test(named) && !named.endsWith(']')) return `${quoted} contains a port. This is not allowed: routes match on every port.`;
  const host = normalisePatternHost(named);
  if (host === undefined) return `${quoted} has a host that is not a valid name.`;
  return { pattern, ...(scheme && { scheme }), host, hosts: below ? 'subhosts' : wildcard ? 'all' : 'exact', path, pathPrefix };
}

/** A host name as configured, in the form requests are compared in; undefined if it is none. */
export function normalisePatternHost(host: string): string | undefined {
  const bare = host.endsWith('.') ? host.slice(0, -1) : host;
  if (/^\[[0-9a-f:.]+\]$/i.test(bare)) return URL.canParse(`http://${bare}/`) ? new URL(`http://${bare}/`).hostname : undefined;
  // Names with an underscore are no IDNA names, but they are used.
  const ascii = /^[a-z0-9._-]+$/i.test(bare) ? bare.toLowerCase() : domainToASCII(bare);
  return ascii.length <= 253 && /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/.test(ascii) ? ascii : undefined;
}

/** What is wrong with a custom domain, as a sentence; undefined if it is good. */
export function customDomainFault(pattern: string): string | undefined {
  if (pattern.includes('*')) return `Wildcard operators (*) are not allowed in Custom Domains: ${JSON.stringify(pattern)}.`;
  if (pattern.includes('/')) return `Paths are not allowed in Custom Domains: ${JSON.stringify(pattern)}.`;
  return normalisePatternHost(pattern) === undefined ? `${JSON.stringify(pattern)} is not a host name.` : undefined;
}
