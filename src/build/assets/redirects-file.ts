/**
 * `_redirects`: from, to and status on each line.
 * @see https://developers.cloudflare.com/workers/static-assets/redirects/
 */
import type { HtmlHandling, RedirectRule } from '../../protocol/assets.ts';
import { type InvalidLine, LONGEST_LINE } from './headers-file.ts';
import { hasHost, readRuleUrl } from './rule-url.ts';

const MOST_STATIC = 2000;
const MOST_DYNAMIC = 100;
const STATUSES: ReadonlySet<number> = new Set([200, 301, 302, 303, 307, 308]);
const IS_DYNAMIC = /\*|:[A-Za-z]\w*/;
const INDEX = /\/index(.html)?$/;

export type Redirects = { static: RedirectRule[]; dynamic: RedirectRule[] };

export function parseRedirects(text: string, htmlHandling: HtmlHandling): { redirects: Redirects; invalid: InvalidLine[] } {
  const redirects: Redirects = { static: [], dynamic: [] };
  const invalid: InvalidLine[] = [];
  const seen = new Set<string>();
  const counts = { static: 0, dynamic: 0 };
  // From the first rule with a pattern on, rules are tried in the order they stand in.
  let isStatic = true;
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const lineNumber = index + 1;
    if (line === '' || line.startsWith('#')) continue;
    if (line.length > LONGEST_LINE) {
      invalid.push({ message: `Ignoring line ${lineNumber} as it exceeds the maximum allowed length of ${LONGEST_LINE}.` });
      continue;
    }
    const refuse = (message: string): void => void invalid.push({ line, lineNumber, message });
    // A comment may follow; the fragment of a URL is none.
    const tokens = withoutComment(line).split(/\s+/);
    if (tokens.length < 2 || tokens.length > 3) {
      refuse(`Expected exactly 2 or 3 whitespace-separated tokens. Got ${tokens.length}.`);
      continue;
    }
    const [givenFrom = '', givenTo = '', givenStatus = '302'] = tokens;
    const from = readRuleUrl(givenFrom, { onlyRelative: true, noPorts: true });
    if ('fault' in from) {
      refuse(from.fault);
      continue;
    }
    if (isStatic && !IS_DYNAMIC.test(from.url)) {
      if (++counts.static > MOST_STATIC) {
        invalid.push({ message: `Maximum number of static rules supported is ${MOST_STATIC}. Skipping line.` });
        continue;
      }
    } else {
      isStatic = false;
      if (++counts.dynamic > MOST_DYNAMIC) {
        invalid.push({ message: `Maximum number of dynamic rules supported is ${MOST_DYNAMIC}. Skipping remaining ${lines.length - index} lines of file.` });
        break;
      }
    }
    const to = readRuleUrl(givenTo, { search: true, hash: true });
    const status = Number(givenStatus);
    const fault = 'fault' in to ? to.fault : faultOf(from.url, to.url, status, givenStatus, htmlHandling, seen);
    if (fault !== undefined || 'fault' in to) {
      refuse(fault ?? '');
      continue;
    }
    redirects[isStatic ? 'static' : 'dynamic'].push({ from: from.url, to: to.url, status });
  }
  return { redirects, invalid };
}

/** What stands before the first white space that a "#" follows. */
function withoutComment(line: string): string {
  const comment = /\s#/.exec(line);
  return comment === null ? line : line.slice(0, comment.index).trimEnd();
}

function faultOf(from: string, to: string, status: number, given: string, htmlHandling: HtmlHandling, seen: Set<string>): string | undefined {
  if (!STATUSES.has(status)) return `Valid status codes are 200, 301, 302 (default), 303, 307, or 308. Got ${given}.`;
  // The handling of HTML would lead back to where the rule begins.
  const isLoop = INDEX.test(to) && (from.endsWith('/*') || (from.endsWith('/') && htmlHandling !== 'none'));
  if (isLoop && !hasHost(to))
    return 'Infinite loop detected in this rule and has been ignored. This will cause a redirect to strip `.html` or `/index` and end up triggering this rule again. Please fix or remove this rule to silence this warning.';
  if (seen.has(from)) return `Ignoring duplicate rule for path ${from}.`;
  seen.add(from);
  if (status === 200 && hasHost(to)) return `Proxy (200) redirects can only point to relative paths. Got ${to}`;
  return undefined;
}
