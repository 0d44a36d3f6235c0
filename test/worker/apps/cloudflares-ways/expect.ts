import type { Expectation } from '../../../support/expectation.ts';

/** Cloudflare's words. */
const RECEIVER =
  'TypeError: Illegal invocation: function called with incorrect `this` reference. See https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.';
const READABLE = 'TypeError: This ReadableStream is currently locked to a reader.';
const WRITABLE = 'TypeError: This WritableStream is currently locked to a writer.';
const NO_BODY = 'TypeError: Response with null body status (101, 204, 205, or 304) cannot have a body.';
const CF = "TypeError: Incorrect type for the 'cf' field on 'RequestInitializerDict': the provided value is not of type 'Object'.";

export const expectations: readonly Expectation[] = [
  { name: 'the global scope says what it is', ask: { path: '/scope' }, json: '[object ServiceWorkerGlobalScope]' },
  {
    name: 'a text that is coded already goes out as it is',
    ask: { path: '/coded' },
    text: 'coded already',
    headers: { 'content-encoding': 'gzip', 'content-length': '13' },
  },
  { name: 'the answer to HEAD has the length that the app says', ask: { path: '/length', method: 'HEAD' }, headers: { 'content-length': '123' } },
  { name: 'the answer to GET has the length of its body', ask: { path: '/length' }, text: 'hello', headers: { 'content-length': '5' } },
  { name: 'a response without content may be made of an empty text', ask: { path: '/no-content' }, status: 204, text: '' },
  {
    name: 'what is known to be empty is no body, where there may be none',
    ask: { path: '/empty' },
    json: [[204, null, 'a,b'], [205, null, 'a,b'], [304, null, 'a,b'], [204, null, 'a,b'], NO_BODY, NO_BODY, [204, null, 'a,b']],
  },
  {
    name: 'operations of the global scope have their names',
    ask: { path: '/names' },
    json: [
      'fetch',
      'setTimeout',
      'setInterval',
      'clearTimeout',
      'clearInterval',
      'queueMicrotask',
      'structuredClone',
      'atob',
      'btoa',
      'reportError',
      'addEventListener',
    ],
  },
  { name: 'methods say what they were called on', ask: { path: '/receivers' }, json: [RECEIVER, RECEIVER, RECEIVER, RECEIVER, 'function'] },
  {
    name: 'streams say that they are locked',
    ask: { path: '/locked' },
    json: [READABLE, READABLE, READABLE, READABLE, READABLE, READABLE, READABLE, WRITABLE, WRITABLE, WRITABLE, WRITABLE],
  },
  {
    name: 'streams of bytes take text as UTF-8',
    ask: { path: '/text' },
    json: ['<b>héllo</b>', '<b>héllo</b>', '<b>héllo</b>', '<b>héllo</b>&lt;b&gt;héllo&lt;/b&gt;'],
  },
  {
    name: 'HTMLRewriter says which argument is wrong',
    ask: { path: '/rewriter' },
    json: [
      "Failed to execute 'on' on 'HTMLRewriter': parameter 1 is not of type 'string'.",
      "Failed to execute 'on' on 'HTMLRewriter': parameter 2 is not of type 'ElementContentHandlers'.",
      "Failed to execute 'on' on 'HTMLRewriter': parameter 2 is not of type 'ElementContentHandlers'.",
      "Failed to execute 'onDocument' on 'HTMLRewriter': parameter 1 is not of type 'DocumentContentHandlers'.",
      "Failed to execute 'before' on 'Element': parameter 1 is not of type 'string or JsReadableStream or Response'.",
      "Failed to execute 'append' on 'Element': parameter 2 is not of type 'ContentOptions'.",
      "Failed to execute 'getAttribute' on 'Element': parameter 1 is not of type 'string'.",
      "Failed to execute 'setAttribute' on 'Element': parameter 2 is not of type 'string'.",
      "Failed to execute 'onEndTag' on 'Element': parameter 1 is not of type 'function'.",
      '<b></b>',
    ],
  },
  {
    name: 'a listener that throws ends the connection of its WebSocket',
    ask: { path: '/socket' },
    json: [
      'one',
      'Uncaught RangeError: not this',
      'RangeError',
      'Uncaught Error: Network connection lost.',
      1006,
      'WebSocket disconnected without sending Close frame.',
      false,
      3,
      3,
    ],
    log: { event: 'exception', msg: 'RangeError: not this' },
  },
  {
    name: 'errors have the words that programs know',
    ask: { path: '/words' },
    json: [
      "InvalidCharacterError: atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric ASCII, and up to two terminal '=' signs when the input data length is divisible by 4 are allowed.)",
      'InvalidCharacterError: btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range.',
      "TypeError: Failed to execute 'setTimeout' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.",
      "TypeError: Failed to execute 'queueMicrotask' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.",
      "TypeError: Failed to execute 'forEach' on 'URLSearchParams': parameter 1 is not of type 'function'.",
      'RangeError: "none" is not a valid encoding.',
      'TypeError: Failed to decode input.',
      'DataCloneError: () => 1 could not be cloned.',
      'DataCloneError: Symbol(s) could not be cloned.',
      'DataCloneError: #<Promise> could not be cloned.',
      'TypeError: Parsing a Body as FormData requires a Content-Type header.',
      'TypeError: This ReadableStream did not return bytes.',
      'InvalidAccessError: If you specify a WebSocket close reason, you must also specify a code.',
    ],
  },
  { name: 'cf is an object', ask: { path: '/cf' }, json: [CF, CF, { a: 1 }] },
];
