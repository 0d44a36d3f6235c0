/** What a match answers with: the whole response, a part of it, or that nothing has changed. */
import { STATUS_CODES } from 'node:http';
import { type ByteRange, parseByteRange } from '../../base/byte-ranges.ts';
import { flatHeader } from '../../base/flat-headers.ts';
import type { Entry } from './entries.ts';

export type CacheAnswer = {
  status: number;
  statusText: string;
  headers: string;
  /** Of the body's bytes; undefined where the answer has none. */
  range: ByteRange | undefined;
};

/** @param requestHeaders flat, names in lower case @param now in milliseconds */
export function answerFrom(entry: Entry, requestHeaders: string, now: number): CacheAnswer {
  const { status, size, stored } = entry;
  const own = [`age\n${Math.max(0, Math.floor((now - stored) / 1000))}`, `date\n${new Date(stored).toUTCString()}`, 'cf-cache-status\nHIT'];
  const head = entry.headers === '' ? own.join('\n') : `${entry.headers}\n${own.join('\n')}`;
  const answer = (code: number, more: string, range: ByteRange | undefined): CacheAnswer => ({
    status: code,
    statusText: STATUS_CODES[code] ?? '',
    headers: head + more,
    range,
  });
  if (isUnchanged(entry.headers, requestHeaders)) return answer(304, `\ncontent-length\n${size}`, undefined);
  const wanted = flatHeader(requestHeaders, 'range');
  const range = wanted === undefined || status !== 200 ? 'all' : parseByteRange(wanted, size);
  if (range === 'none') return { ...answer(416, '', undefined), headers: `content-range\nbytes */${size}\ncf-cache-status\nHIT` };
  if (range === 'all') return answer(status, `\ncontent-length\n${size}`, { start: 0, end: size - 1 });
  return answer(206, `\ncontent-range\nbytes ${range.start}-${range.end}/${size}\ncontent-length\n${range.end - range.start + 1}`, range);
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
function isUnchanged(headers: string, requestHeaders: string): boolean {
  const given = flatHeader(requestHeaders, 'if-none-match');
  const tag = tagOf(flatHeader(headers, 'etag'));
  if (given !== undefined && tag !== undefined) return given.trim() === '*' || given.split(',').some((one) => tagOf(one) === tag);
  const since = dateOf(flatHeader(requestHeaders, 'if-modified-since'));
  return dateOf(flatHeader(headers, 'last-modified')) <= since;
}

/** Compared weakly. */
function tagOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : /^(?:W\/)?"([^"]+)"$/.exec(value.trim())?.[1];
}

const HTTP_DATE = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

/** NaN, which compares with nothing, for what is no date. */
function dateOf(value: string | undefined): number {
  return value !== undefined && HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
}
