/**
 * The head of an incoming request, checked and flattened for the isolate.
 *
 * Node's parser has refused malformed heads already (invalid characters, Content-Length together with
 * Transfer-Encoding, bad chunks); what it lets through but would be ambiguous behind a proxy is refused here.
 */
import type { IncomingMessage } from 'node:http';
import { toText } from '../base/header-text.ts';

export type RequestHead = {
  /** As sent, undefined where there is none. */
  host: string | undefined;
  /** Origin-form: path and query. */
  target: string;
  /** `\nname\nvalue…`, names in lower case: every header but `host` and those that the platform sets itself. */
  headers: string;
  requestId: string | undefined;
  /** What a proxy before us says of its client, as sent; only the peer tells whether it may. */
  forwarded: Forwarded | undefined;
  /** Declared length; undefined when chunked or when there is no body. */
  length: number | undefined;
  hasBody: boolean;
};

export type Forwarded = { cfConnectingIp?: string; realIp?: string; for?: string; proto?: string };

/** Headers that the platform sets itself. */
const OWN = new Map<string, keyof Forwarded>([
  ['cf-connecting-ip', 'cfConnectingIp'],
  ['x-real-ip', 'realIp'],
  ['x-forwarded-for', 'for'],
  ['x-forwarded-proto', 'proto'],
]);

const COLON_SLASH_SLASH = /^https?:\/\/([^/?#]*)([^#]*)/i;

/** Reads a request's head. A string is what is wrong with it. */
export function readHead(message: IncomingMessage): RequestHead | string {
  const raw = message.rawHeaders;
  let host: string | undefined;
  let requestId: string | undefined;
  let length: number | undefined;
  let chunked = false;
  let headers = '';
  let forwarded: Forwarded | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    // The few that matter here, told apart by length first.
    switch (name.length) {
      case 4:
        if (name !== 'host') break;
        if (host !== undefined) return 'more than one Host header';
        host = value;
        continue;
      case 12:
        if (name !== 'x-request-id') break;
        requestId = value;
        continue;
      case 9:
      case 15:
      case 16:
      case 17: {
        if (name === 'transfer-encoding') {
          if (chunked || value.toLowerCase() !== 'chunked') return 'an unsupported Transfer-Encoding header';
          chunked = true;
          break;
        }
        const key = OWN.get(name);
        if (key === undefined) break;
        forwarded ??= {};
        // As a list, so that what one proxy adds is last.
        const before = forwarded[key];
        forwarded[key] = before === undefined ? value : `${before}, ${value}`;
        continue;
      }
      case 14:
        if (name !== 'content-length') break;
        if (length !== undefined || !/^\d{1,15}$/.test(value)) return 'an invalid Content-Length header';
        length = Number(value);
        break;
    }
    headers += `\n${name}\n${value}`;
  }
  if (chunked && length !== undefined) return 'both Content-Length and Transfer-Encoding';
  let target = message.url as string;
  if (target.charCodeAt(0) !== 47) {
    // Absolute form, as proxies send it: its host wins over the header's. @see RFC 9112, 3.2.2
    const absolute = COLON_SLASH_SLASH.exec(target);
    if (absolute === null) return 'an unsupported request target';
    host = absolute[1];
    target = absolute[2] as string;
    if (target.charCodeAt(0) !== 47) target = `/${target}`;
  } else {
    // No client should send one. @see RFC 9112, 3.2
    const fragment = target.indexOf('#');
    if (fragment !== -1) target = target.slice(0, fragment);
  }
  return { host, target, headers: toText(headers), requestId, forwarded, length, hasBody: chunked || (length ?? 0) > 0 };
}
