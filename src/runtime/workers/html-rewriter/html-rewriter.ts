/**
 * HTMLRewriter.
 *
 * Departures from workerd: nothing is read, and no handler runs, before somebody reads the result.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/
 */
import {
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  RegExpPrototypeExec,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  TypeErrorCtor,
} from '../../primordials.ts';
import { argument, defineInterface, illegalInvocation, isObject } from '../../webidl.ts';
import { type Body, isBodyUnusable, unusableError } from '../../web/body.ts';
import { bodyOfStream, openStream } from '../../web/body-open.ts';
import { copyHeaders, getHeader } from '../../web/headers.ts';
import { type Response, adoptResponse, isResponse, responseHeaders, responseState } from '../../web/response.ts';
import { readableState } from '../../web/streams/readable-stream.ts';
import { type Charset, charsetFromLabel } from './charset.ts';
import { rewriteStream } from './driver.ts';
import { type Rule, documentHandlers, elementHandlers, wrongHandlers } from './handlers.ts';
import { Rewriter } from './rewriter.ts';
import { stringArgument } from './scope.ts';
import { parseSelectors } from './selector-parser.ts';

const NAME = 'HTMLRewriter';

const CHARSET = /^\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]*))/i;

/** The charset a content type names; UTF-8 where it names none. */
function charsetOf(contentType: string | null): Charset {
  const type = contentType ?? '';
  for (let i = StringPrototypeIndexOf(type, ';'); i >= 0; i = StringPrototypeIndexOf(type, ';', i + 1)) {
    const match = RegExpPrototypeExec(CHARSET, StringPrototypeSlice(type, i + 1));
    const label = match?.[1] ?? match?.[2];
    if (label !== undefined) return charsetFromLabel(label);
  }
  return charsetFromLabel('utf-8');
}

export class HTMLRewriter {
  #rules: Rule[] = [];

  /** Adds handlers for the elements a selector finds, and for what is in them. */
  on(selector: unknown, handlers: unknown): this {
    if (!isObject(this) || !(#rules in this)) throw illegalInvocation();
    const text = stringArgument(selector, arguments.length, 'on', NAME, 1);
    if (arguments.length < 2) throw wrongHandlers([], 'ElementContentHandlers');
    ArrayPrototypePush(this.#rules, elementHandlers(handlers, parseSelectors(text)));
    return this;
  }

  /** Adds handlers for the document as a whole. */
  onDocument(handlers: unknown): this {
    if (!isObject(this) || !(#rules in this)) throw illegalInvocation();
    if (arguments.length === 0) throw wrongHandlers(undefined, 'DocumentContentHandlers');
    ArrayPrototypePush(this.#rules, documentHandlers(handlers));
    return this;
  }

  /** A response like the given one, whose body is the rewritten body of that. A response without a body is returned as it is. */
  transform(response: unknown): Response {
    if (!isObject(this) || !(#rules in this)) throw illegalInvocation();
    if (!isResponse(response)) throw new TypeErrorCtor(`${argument('transform', NAME, 1)} is not of type 'Response'.`);
    const state = responseState(response);
    if (state.type === 'error') throw new TypeErrorCtor('HTMLRewriter cannot transform an error response');
    const { body } = state;
    if (body === null) return response;
    if (isBodyUnusable(body)) throw unusableError(body);
    const headers = responseHeaders(state);
    const rewriter = new Rewriter(ArrayPrototypeSlice(this.#rules), charsetOf(getHeader(headers, 'content-type')));
    const source = openStream(body);
    const rewritten = rewriteStream(rewriter, source);
    readableState(source).disturbed = true;
    return adoptResponse({
      type: 'default',
      status: state.status,
      statusText: state.statusText,
      headers: copyHeaders(headers, false),
      isImmutable: false,
      body: bodyOfStream(rewritten, NAME) as Body,
      url: '',
      redirected: false,
      isEncoded: state.isEncoded,
      cf: state.cf,
      webSocket: null,
    });
  }
}

defineInterface(HTMLRewriter, NAME);
