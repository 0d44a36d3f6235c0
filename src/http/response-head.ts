/**
 * The head of a response, from the isolate's flat string to what Node writes.
 *
 * The string is a tenant's: framing headers in it are ours to decide and are dropped, and what HTTP
 * forbids in names and values makes the response invalid (never a split one).
 */
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import { toBytes } from '../base/header-text.ts';
import { LIMITS } from '../protocol/limits.ts';
import { type Coding, codingOf } from './content-coder.ts';

/** Headers that describe the connection or the framing, which are not the tenant's to set. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'x-request-id',
  'date',
]);

export type ResponseHead = {
  status: number;
  statusText: string;
  /** Name and value alternating, as `writeHead` takes them. */
  headers: string[];
  /** The tenant's Content-Length, when it is a number; not in `headers`. */
  length: number | undefined;
  /** What the client is to get the body in. */
  coding: Coding | undefined;
};

/** All headers of one response. */
const MOST_CHARACTERS = LIMITS.headerBytes.default;

/** What may stand in a reason phrase. @see RFC 9112, 4 */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

type ReadHeaders = Pick<ResponseHead, 'length' | 'coding'> & { headers: readonly string[] };

/** Header strings seen lately, with what they came to: an app's responses mostly carry the same few. */
const known = new Map<string, ReadHeaders>();
const MOST_KNOWN = 512;
const LONGEST_KNOWN = 512;

/**
 * Checks and splits a head.
 * @throws Error naming what is invalid
 */
export function readResponseHead(status: number, statusText: string, flat: string): ResponseHead {
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) throw new Error(`${status} is not a valid response status.`);
  if (flat.length + statusText.length > MOST_CHARACTERS) throw new Error(`The response has more than ${MOST_CHARACTERS} characters of headers.`);
  if (!REASON.test(statusText)) throw new Error('The response has an invalid status text.');
  let read = known.get(flat);
  if (read === undefined) {
    read = readHeaders(flat);
    if (flat.length <= LONGEST_KNOWN) remember(flat, read);
  }
  const { headers, length, coding } = read;
  return { status, statusText: statusText === '' ? (STATUS_CODES[status] ?? '') : statusText, headers: headers.slice(), length, coding };
}

const remember = (flat: string, read: ReadHeaders): void => {
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(flat, read);
};

const readHeaders = (flat: string): ReadHeaders => {
  const headers: string[] = [];
  let length: number | undefined;
  let coding: Coding | undefined;
  const parts = flat === '' ? [] : flat.split('\n');
  if (parts.length % 2 !== 0) throw new Error('The response has an invalid header.');
  for (let i = 0; i < parts.length; i += 2) {
    const name = parts[i] as string;
    const value = toBytes(parts[i + 1] as string);
    const lower = name.toLowerCase();
    if (lower === 'content-length') {
      if (/^\d{1,15}$/.test(value)) length = Number(value);
      continue;
    }
    if (HOP_BY_HOP.has(lower)) continue;
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (lower === 'content-encoding') coding = codingOf(value);
    headers.push(name, value);
  }
  return { headers, length, coding };
};
