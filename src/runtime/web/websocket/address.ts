/**
 * The arguments of the WebSocket constructor: where to, and which subprotocols.
 * @see https://websockets.spec.whatwg.org/#dom-websocket-websocket
 */
import { ArrayPrototypeJoin, RegExpPrototypeExec, StringPrototypeToLowerCase, SymbolIterator } from '../../primordials.ts';
import { DOMString, USVString, isObject } from '../../webidl.ts';
import { sequence } from '../../webidl-types.ts';
import { DOMException } from '../dom-exception.ts';
import { parseUrl, serializeOrigin, serializeUrl } from '../url/parser.ts';

const CONTEXT = "Failed to construct 'WebSocket'";
/** RFC 7230, 3.2.6 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const strings = sequence(DOMString);

const syntaxError = (message: string): DOMException => new DOMException(`${CONTEXT}: ${message}`, 'SyntaxError');

/** @see https://websockets.spec.whatwg.org/#get-a-url-record */
export function readAddress(value: string): { href: string; origin: string } {
  const url = parseUrl(value);
  if (url === null) throw syntaxError(`The URL '${value}' is invalid.`);
  if (url.scheme === 'http') url.scheme = 'ws';
  else if (url.scheme === 'https') url.scheme = 'wss';
  if (url.scheme !== 'ws' && url.scheme !== 'wss')
    throw syntaxError(`The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. '${url.scheme}:' is not allowed.`);
  if (url.fragment !== null)
    throw syntaxError(`The URL contains a fragment identifier ('${url.fragment}'). Fragment identifiers are not allowed in WebSocket URLs.`);
  return { href: serializeUrl(url), origin: serializeOrigin(url) };
}

/** (DOMString or sequence<DOMString>), as the header has it. */
export function readProtocols(value: unknown): string {
  const isList =
    isObject(value) && (value as Record<symbol, unknown>)[SymbolIterator] !== undefined && (value as Record<symbol, unknown>)[SymbolIterator] !== null;
  const list = isList ? strings(value, `${CONTEXT}: parameter 2`) : [DOMString(value, `${CONTEXT}: parameter 2`)];
  for (let i = 0; i < list.length; i++) {
    const protocol = list[i] as string;
    if (RegExpPrototypeExec(TOKEN, protocol) === null) throw syntaxError(`The subprotocol '${protocol}' is invalid.`);
    for (let j = 0; j < i; j++) {
      if (StringPrototypeToLowerCase(list[j] as string) === StringPrototypeToLowerCase(protocol))
        throw syntaxError(`The subprotocol '${protocol}' is duplicated.`);
    }
  }
  return ArrayPrototypeJoin(list, ',');
}

/** The URL argument. */
export function readUrl(value: unknown): string {
  return USVString(value, `${CONTEXT}: parameter 1`);
}
