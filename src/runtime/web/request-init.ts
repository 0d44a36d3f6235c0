/**
 * RequestInit, and the members of a request that a server keeps without acting on them.
 * @see https://fetch.spec.whatwg.org/#requestinit
 */
import { TypeErrorCtor } from '../primordials.ts';
import { type Converter, ByteString, DOMString, USVString, any, boolean, dictionary, enumeration, interfaceOf, nullable } from '../webidl.ts';
import { type AbortSignal, isAbortSignal } from './abort.ts';
import { type Body, extractBody } from './body.ts';
import { type Headers, headersFromInit } from './headers.ts';
import { parseUrl, serializeUrl } from './url/parser.ts';

export type RedirectMode = 'follow' | 'error' | 'manual';

export type RequestSettings = {
  cache: string;
  credentials: string;
  integrity: string;
  keepalive: boolean;
  mode: string;
  referrer: string;
  referrerPolicy: string;
};

export type RequestInit = Partial<RequestSettings> & {
  body?: Body | null;
  cf?: unknown;
  headers?: Headers;
  method?: string;
  redirect?: RedirectMode;
  signal?: AbortSignal | null;
  window?: unknown;
};

export const NO_SETTINGS: RequestSettings = {
  cache: 'default',
  credentials: 'same-origin',
  integrity: '',
  keepalive: false,
  mode: 'cors',
  referrer: 'about:client',
  referrerPolicy: '',
};

/** A BodyInit member, extracted at once: nothing can be seen of the body in between. */
export const bodyInit: Converter<Body | null> = nullable(extractBody);

/** The members stand in lexicographical order, in which they are read. */
export const requestInit: Converter<RequestInit> = dictionary('RequestInit', [
  { key: 'body', converter: bodyInit },
  { key: 'cache', converter: enumeration('RequestCache', ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached']) },
  { key: 'cf', converter: any },
  { key: 'credentials', converter: enumeration('RequestCredentials', ['omit', 'same-origin', 'include']) },
  { key: 'duplex', converter: enumeration('RequestDuplex', ['half']) },
  { key: 'headers', converter: headersFromInit },
  { key: 'integrity', converter: DOMString },
  { key: 'keepalive', converter: boolean },
  { key: 'method', converter: ByteString },
  { key: 'mode', converter: enumeration('RequestMode', ['navigate', 'same-origin', 'no-cors', 'cors']) },
  { key: 'priority', converter: enumeration('RequestPriority', ['high', 'low', 'auto']) },
  { key: 'redirect', converter: enumeration('RequestRedirect', ['follow', 'error', 'manual']) },
  { key: 'referrer', converter: USVString },
  {
    key: 'referrerPolicy',
    converter: enumeration('ReferrerPolicy', [
      '',
      'no-referrer',
      'no-referrer-when-downgrade',
      'same-origin',
      'origin',
      'strict-origin',
      'origin-when-cross-origin',
      'strict-origin-when-cross-origin',
      'unsafe-url',
    ]),
  },
  { key: 'signal', converter: nullable(interfaceOf<AbortSignal>('AbortSignal', isAbortSignal)) },
  { key: 'window', converter: any },
]);

/** What `referrer` stands for: any valid URL, as there is no origin it could differ from. */
function convertReferrer(referrer: string, context: string): string {
  if (referrer === '') return '';
  const record = parseUrl(referrer);
  if (record === null) throw new TypeErrorCtor(`${context}: Referrer '${referrer}' is not a valid URL.`);
  return serializeUrl(record);
}

/** Checks the members that need it and merges them with those of the request it is made from. */
export function settingsFrom(init: RequestInit, inherited: RequestSettings, context: string): RequestSettings {
  if (init.window !== undefined && init.window !== null) throw new TypeErrorCtor(`${context}: 'window' can only be null.`);
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
  if (settings.cache === 'only-if-cached' && settings.mode !== 'same-origin') throw new TypeErrorCtor(`${context}: 'only-if-cached' can be set only with 'same-origin' mode.`);
  return settings;
}
