/** The notation of egress lists: host names, `*.` wildcards, addresses and CIDR blocks, each with an optional port. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { normalisePatternHost } from './route-pattern.ts';

const EGRESS_RULE =
  'a host name ("api.example.com"), a wildcard ("*.example.com"), "*", an address ("10.1.2.3") or a CIDR block ("10.0.0.0/8"), with ":port" where it matters';

/** Is this an entry of an egress list? */
export function isEgressPattern(pattern: string): boolean {
  if (pattern === '*') return true;
  const [block = '', bits, ...more] = pattern.split('/');
  if (bits !== undefined) {
    const version = isIP(block);
    return more.length === 0 && version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  }
  if (isIP(pattern) !== 0) return true;
  const { host, port } = /^(?<host>.*?)(?::(?<port>\d{1,5}))?$/.exec(pattern)?.groups ?? {};
  if (host === undefined || (port !== undefined && Number(port) > 65535)) return false;
  return host === '*' || normalisePatternHost(host.startsWith('*.') ? host.slice(2) : host) !== undefined;
}

const list = z.array(z.string().refine(isEgressPattern, { error: (issue) => `${JSON.stringify(issue.input)} is not ${EGRESS_RULE}.` }));

export const egressSchema = z.strictObject({ allow: list.optional(), deny: list.optional() });
