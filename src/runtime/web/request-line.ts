/**
 * Methods and URLs of requests: what is allowed, and how it is normalised.
 */
import { differs } from '../compat.ts';
import { RegExpPrototypeExec, StringPrototypeToUpperCase, TypeErrorCtor } from '../primordials.ts';
import { parseUrl, serializeUrl } from './url/parser.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN_METHOD = /^(?:CONNECT|TRACE|TRACK)$/i;
const NORMALIZED_METHOD = /^(?:DELETE|GET|HEAD|OPTIONS|POST|PUT)$/i;

/**
 * Checks a method and normalises it: every one to upper case, as on Workers, while the standard names six.
 * @see https://fetch.spec.whatwg.org/#concept-method-normalize
 */
export function checkMethod(method: string): string {
  if (method === 'GET' || method === 'POST') return method;
  if (RegExpPrototypeExec(TOKEN, method) === null) throw new TypeErrorCtor(`Invalid HTTP method string: ${method}`);
  if (RegExpPrototypeExec(FORBIDDEN_METHOD, method) !== null) throw new TypeErrorCtor(`HTTP method not allowed: ${method}`);
  return differs('upper_case_all_http_methods') && RegExpPrototypeExec(NORMALIZED_METHOD, method) === null ? method : StringPrototypeToUpperCase(method);
}

/** The text of a URL given to Request or fetch, parsed and serialised. */
export function parseRequestUrl(text: string): string {
  const record = parseUrl(text);
  if (record === null) throw new TypeErrorCtor(`Invalid URL: ${text}`);
  if (record.username !== '' || record.password !== '')
    throw new TypeErrorCtor(`Failed to construct 'Request': the URL contains credentials: ${record.scheme}://…`);
  return serializeUrl(record);
}
