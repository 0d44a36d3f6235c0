/**
 * Headers between their form on the bridge (`name\nvalue\n…`) and HTTP.
 *
 * Contract, binding on changes to this file: what frames or routes a message (length, transfer
 * coding, Host, hop-by-hop fields) is decided here and never taken from a tenant, nor shown to one.
 */
import * as zlib from 'node:zlib';
import { toBytes, toText } from '../base/header-text.ts';
import { OpError } from '../base/op-error.ts';
import { LIMITS } from '../protocol/limits.ts';

/** Names and values in turn. */
export type HeaderPairs = string[];

/** Node before 22.15 has no zstd. */
const ACCEPTED = typeof zlib.createZstdDecompress === 'function' ? 'gzip, br, zstd' : 'gzip, br';

/** Fields between two neighbours: RFC 9110 section 7.6.1. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings']);
/** Decided by this side alone. */
const OURS = new Set(['host', 'content-length', 'expect']);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Is this an HTTP token (a method, a header name)? */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Splits the bridge's form, with values as Node sends them; throws OpError for what HTTP forbids, and for too much of it. Any string may come. */
export function readPairs(text: string): HeaderPairs {
  if (text === '') return [];
  if (text.length > LIMITS.headerBytes.default)
    throw new OpError('TypeError', `The request has more than ${LIMITS.headerBytes.default} characters of headers.`);
  const pairs = text.split('\n');
  if (pairs.length % 2 !== 0 && pairs.at(-1) === '') pairs.pop();
  if (pairs.length % 2 !== 0) throw new OpError('TypeError', 'Invalid headers.');
  for (let i = 0; i < pairs.length; i += 2) {
    if (!isToken(pairs[i] ?? '')) throw new OpError('TypeError', 'Invalid header name.');
    pairs[i + 1] = toBytes(pairs[i + 1] ?? '');
    if (!VALUE.test(pairs[i + 1] ?? '')) throw new OpError('TypeError', `Invalid header value (${pairs[i]}).`);
  }
  return pairs;
}

/** What may leave of a tenant's headers. `length` is the body's length where it is known beforehand but undici cannot know it. */
export function requestHeaders(pairs: HeaderPairs, length: number | undefined): HeaderPairs {
  const named = connectionOptions(pairs);
  const kept: HeaderPairs = [];
  let encodings = false;
  for (let i = 0; i < pairs.length; i += 2) {
    const name = (pairs[i] ?? '').toLowerCase();
    const value = pairs[i + 1] ?? '';
    if (name === 'upgrade') throw new OpError('TypeError', 'Upgrade requests are not supported by fetch.');
    if (HOP_BY_HOP.has(name) || OURS.has(name) || named?.has(name)) continue;
    if (name === 'accept-encoding') encodings = true;
    kept.push(pairs[i] ?? '', value);
  }
  if (!encodings) kept.push('accept-encoding', ACCEPTED);
  if (length !== undefined) kept.push('content-length', `${length}`);
  return kept;
}

/** The fields that the Connection header makes hop-by-hop. */
function connectionOptions(pairs: HeaderPairs): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i]?.length !== 10 || pairs[i]?.toLowerCase() !== 'connection') continue;
    named ??= new Set();
    for (const option of (pairs[i + 1] ?? '').split(',')) named.add(option.trim().toLowerCase());
  }
  return named;
}

/** Drops the named (lower-case) fields. */
export function withoutHeaders(pairs: HeaderPairs, names: ReadonlySet<string>): HeaderPairs {
  const kept: HeaderPairs = [];
  for (let i = 0; i < pairs.length; i += 2) {
    if (!names.has((pairs[i] ?? '').toLowerCase())) kept.push(pairs[i] ?? '', pairs[i + 1] ?? '');
  }
  return kept;
}

/** The first value of a field, by its lower-case name. */
export function headerValue(pairs: HeaderPairs, name: string): string | undefined {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i]?.length === name.length && pairs[i]?.toLowerCase() === name) return pairs[i + 1];
  }
  return undefined;
}

/** Every value of a field, joined as a list. */
export function headerList(pairs: HeaderPairs, name: string): string {
  let list = '';
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i]?.length === name.length && pairs[i]?.toLowerCase() === name) list += `${list && ', '}${pairs[i + 1]}`;
  }
  return list;
}

/** What a tenant sees of a response's headers, in the bridge's form. `decoded`: the body is no longer what these two describe. */
export function responseHeaders(pairs: HeaderPairs, decoded: boolean): string {
  const named = connectionOptions(pairs);
  let text = '';
  for (let i = 0; i < pairs.length; i += 2) {
    const name = (pairs[i] ?? '').toLowerCase();
    let value = pairs[i + 1] ?? '';
    if (HOP_BY_HOP.has(name) || named?.has(name) || !TOKEN.test(name)) continue;
    if (decoded && (name === 'content-encoding' || name === 'content-length')) continue;
    // An upstream that folds lines or sends control characters must not be able to add headers on the bridge.
    if (!VALUE.test(value)) value = value.replace(/[^\t\x20-\x7e\x80-\xff]+/g, ' ');
    text += `${text && '\n'}${name}\n${value}`;
  }
  return toText(text);
}
