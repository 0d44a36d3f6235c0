/**
 * The head of an incoming request, checked and flattened for the isolate.
 *
 * Node's parser has refused malformed heads already (invalid characters, Content-Length together with
 * Transfer-Encoding, bad chunks); what it lets through but would be ambiguous behind a proxy is refused here.
 */
import type { IncomingMessage } from 'node:http';

export type RequestHead = {
  /** As sent, undefined where there is none. */
  host: string | undefined;
  /** Origin-form: path and query. */
  target: string;
  /** `\nname\nvalue…` for every header, names in lower case. */
  headers: string;
  requestId: string | undefined;
  /** Declared length; undefined when chunked or when there is no body. */
  length: number | undefined;
  hasBody: boolean;
};

const COLON_SLASH_SLASH = /^https?:\/\/([^/?#]*)([^#]*)/i;

/** Reads a request's head. A string is what is wrong with it. */
export function readHead(message: IncomingMessage): RequestHead | string {
  const raw = message.rawHeaders;
  let host: string | undefined;
  let requestId: string | undefined;
  let length: number | undefined;
  let chunked = false;
  let headers = '';
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    headers += `\n${name}\n${value}`;
    // The few that matter here, told apart by length first.
    switch (name.length) {
      case 4:
        if (name !== 'host') break;
        if (host !== undefined) return 'more than one Host header';
        host = value;
        break;
      case 12:
        if (name === 'x-request-id') requestId = value;
        break;
      case 14:
        if (name !== 'content-length') break;
        if (length !== undefined || !/^\d{1,15}$/.test(value)) return 'an invalid Content-Length header';
        length = Number(value);
        break;
      case 17:
        if (name !== 'transfer-encoding') break;
        if (chunked || value.toLowerCase() !== 'chunked') return 'an unsupported Transfer-Encoding header';
        chunked = true;
        break;
    }
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
  }
  return { host, target, headers, requestId, length, hasBody: chunked || (length ?? 0) > 0 };
}
