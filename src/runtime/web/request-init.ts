/**
 * RequestInit, and the members of a request that a server keeps without acting on them.
 * @see https://fetch.spec.whatwg.org/#requestinit
 */
import { peek } from '../link.ts';
import { TypeErrorCtor } from '../primordials.ts';
import { type Converter, ByteString, DOMString, USVString, isObject } from '../webidl.ts';
import { boolean, enumeration, interfaceOf, nullable } from '../webidl-types.ts';
import type { AbortSignal } from './abort.ts';
import { type Body, bodyInit } from './body.ts';
import { type Headers, headersFromInit } from './headers.ts';
import type { RedirectMode, RequestSettings } from './request.ts';
import { parseUrl, serializeUrl } from './url/parser.ts';

export type RequestInit = { [K in keyof RequestSettings]: RequestSettings[K] | undefined } & {
  body: Body | null | undefined;
  cf: unknown;
  headers: Headers | undefined;
  method: string | undefined;
  redirect: RedirectMode | undefined;
  signal: AbortSignal | null | undefined;
};

const cache = enumeration('RequestCache', ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached']);
const credentials = enumeration('RequestCredentials', ['omit', 'same-origin', 'include']);
const duplex = enumeration('RequestDuplex', ['half']);
const mode = enumeration('RequestMode', ['navigate', 'same-origin', 'no-cors', 'cors']);
const priority = enumeration('RequestPriority', ['high', 'low', 'auto']);
const redirect = enumeration('RequestRedirect', ['follow', 'error', 'manual']);
const referrerPolicy = enumeration('ReferrerPolicy', [
  '',
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
]);
const signal = nullable(interfaceOf<AbortSignal>('AbortSignal', (value): value is AbortSignal => peek('events')?.isAbortSignal(value) === true));

/** Cloudflare's text. */
const cfObject: Converter<object> = (value) => {
  if (isObject(value)) return value;
  throw new TypeErrorCtor("Incorrect type for the 'cf' field on 'RequestInitializerDict': the provided value is not of type 'Object'.");
};

/** `window` may be null, and nothing else. */
const noWindow: Converter<null> = (value, context) => {
  if (value !== null) throw new TypeErrorCtor(`${context} can only be null.`);
  return null;
};

/**
 * Reads a RequestInit. Written out, and not a `dictionary`, because it is on the way of most calls of fetch.
 * The members are read in lexicographical order.
 */
export function requestInit(value: unknown, context: string): RequestInit {
  if (!isObject(value)) throw new TypeErrorCtor(`${context}: parameter 2 cannot be converted to dictionary RequestInit.`);
  const init = value as Record<keyof RequestInit | 'duplex' | 'priority' | 'window', unknown>;
  const read = <T>(name: string, given: unknown, converter: Converter<T>): T | undefined =>
    given === undefined ? undefined : converter(given, `${context}: member ${name}`);
  const result: RequestInit & { duplex: unknown; priority: unknown; window: unknown } = {
    body: read('body', init.body, bodyInit),
    cache: read('cache', init.cache, cache),
    cf: read('cf', init.cf, cfObject),
    credentials: read('credentials', init.credentials, credentials),
    duplex: read('duplex', init.duplex, duplex),
    headers: read('headers', init.headers, headersFromInit),
    integrity: read('integrity', init.integrity, DOMString),
    keepalive: read('keepalive', init.keepalive, boolean),
    method: read('method', init.method, ByteString),
    mode: read('mode', init.mode, mode),
    priority: read('priority', init.priority, priority),
    redirect: read('redirect', init.redirect, redirect),
    referrer: read('referrer', init.referrer, USVString),
    referrerPolicy: read('referrerPolicy', init.referrerPolicy, referrerPolicy),
    signal: read('signal', init.signal, signal),
    window: read('window', init.window, noWindow),
  };
  return result;
}

/** What `referrer` stands for: any valid URL, as there is no origin it could differ from. */
function convertReferrer(referrer: string, context: string): string {
  if (referrer === '') return '';
  const record = parseUrl(referrer);
  if (record === null) throw new TypeErrorCtor(`${context}: Referrer '${referrer}' is not a valid URL.`);
  return serializeUrl(record);
}

/** Checks the members that need it and merges them with those of the request it is made from. */
export function settingsFrom(init: RequestInit, inherited: RequestSettings, context: string): RequestSettings {
  if (init.mode === 'navigate') throw new TypeErrorCtor(`${context}: the mode 'navigate' is not for requests made by code.`);
  const settings: RequestSettings = {
    cache: init.cache ?? inherited.cache,
    credentials: init.credentials ?? inherited.credentials,
    integrity: init.integrity ?? inherited.integrity,
    keepalive: init.keepalive ?? inherited.keepalive,
    mode: init.mode ?? inherited.mode,
    referrer: init.referrer === undefined ? inherited.referrer : convertReferrer(init.referrer, context),
    referrerPolicy: init.referrerPolicy ?? inherited.referrerPolicy,
  };
  if (settings.cache === 'only-if-cached' && settings.mode !== 'same-origin')
    throw new TypeErrorCtor(`${context}: 'only-if-cached' can be set only with 'same-origin' mode.`);
  return settings;
}
