/**
 * `_headers`: a path, then the headers that responses for it get, one on each line.
 * @see https://developers.cloudflare.com/workers/static-assets/headers/
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HeaderRule } from '../../protocol/assets.ts';
import { readRuleUrl } from './rule-url.ts';

/** A line that makes no rule, and why. */
export type InvalidLine = { message: string; line?: string; lineNumber?: number };

const MOST_RULES = 100;
export const LONGEST_LINE = 2000;
const IS_PATH = /^(?:[^\s]+:\/\/|\/)/;

type Draft = { path: string; line: string; set: Map<string, string>; unset: string[] };

export function parseHeaders(text: string): { rules: HeaderRule[]; invalid: InvalidLine[] } {
  const rules: HeaderRule[] = [];
  const invalid: InvalidLine[] = [];
  let draft: Draft | undefined;
  // Headers of a path that was refused are refused with it, without a word each.
  let isSkipping = false;
  const finish = (lineNumber: number | undefined): void => {
    if (draft === undefined) return;
    if (draft.set.size > 0 || draft.unset.length > 0) rules.push({ path: draft.path, set: [...draft.set], unset: draft.unset });
    else invalid.push({ line: draft.line, ...(lineNumber !== undefined && { lineNumber }), message: 'No headers specified' });
    draft = undefined;
  };
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const lineNumber = index + 1;
    if (line === '' || line.startsWith('#')) continue;
    if (line.length > LONGEST_LINE) {
      invalid.push({ message: `Ignoring line ${lineNumber} as it exceeds the maximum allowed length of ${LONGEST_LINE}.` });
    } else if (IS_PATH.test(line)) {
      if (rules.length >= MOST_RULES) {
        invalid.push({ message: `Maximum number of rules supported is ${MOST_RULES}. Skipping remaining ${lines.length - index} lines of file.` });
        break;
      }
      finish(lineNumber);
      const path = readPath(line);
      isSkipping = 'fault' in path;
      if ('fault' in path) invalid.push({ line, lineNumber, message: path.fault });
      else draft = { path: path.url, line, set: new Map(), unset: [] };
    } else if (!isSkipping) {
      const fault = addHeader(draft, line);
      if (fault !== undefined) invalid.push({ line, lineNumber, message: fault });
    }
  }
  finish(undefined);
  // Of several rules for one path the last holds, where the first stood.
  return { rules: [...new Map(rules.map((rule) => [rule.path, rule])).values()], invalid };
}

/** `*` is `:splat` when it is matched, and there can be one only. */
function readPath(line: string): ReturnType<typeof readRuleUrl> {
  const path = readRuleUrl(line, { noPorts: true });
  if ('fault' in path) return path;
  const stars = path.url.split('*').length - 1;
  if (stars > 1) return { fault: `Only one wildcard is allowed per rule. Use a named placeholder (e.g. :project) instead. Skipping ${path.url}.` };
  if (stars > 0 && /:splat(?!\w)/.test(path.url))
    return { fault: `Cannot combine a wildcard * with a :splat placeholder because wildcards are converted to :splat at runtime. Skipping ${path.url}.` };
  return path;
}

/** @returns what is wrong with the line */
function addHeader(draft: Draft | undefined, line: string): string | undefined {
  const colon = line.indexOf(':');
  if (colon === -1) {
    if (draft === undefined) return 'Expected a path beginning with at least one forward-slash';
    if (!line.startsWith('! ')) return 'Expected a colon-separated header pair (e.g. name: value)';
    draft.unset.push(line.slice(2));
    return undefined;
  }
  const name = line.slice(0, colon).trim().toLowerCase();
  const value = line.slice(colon + 1).trim();
  if (name.includes(' ')) return 'Header name cannot include spaces';
  if (name === '') return 'No header name specified';
  if (value === '') return 'No header value specified';
  if (draft === undefined) return `Path should come before header (${name}: ${value})`;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    return 'This is not a header that HTTP allows';
  }
  const before = draft.set.get(name);
  draft.set.set(name, before === undefined ? value : `${before}, ${value}`);
  return undefined;
}
