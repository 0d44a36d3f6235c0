/**
 * What ties a token that handlers see to the unit it stands for.
 *
 * Contract: the tie is a private field, put on objects of any class, so that nobody can forge one; it is cut
 * when the handler is done.
 */
import { DOMString, illegalInvocation, isObject, argument } from '../../webidl.ts';
import { ObjectCreate, TypeErrorCtor } from '../../primordials.ts';
import { type ReadableStream, isReadableStream } from '../../web/body-stream.ts';
import { openStream } from '../../web/body-open.ts';
import { isResponse, responseState } from '../../web/response.ts';
import type { Content, Unit } from './units.ts';

type UnitClass<T extends Unit> = { new (...args: never[]): T };

class Identity {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a derived class puts its private field on what is returned.
    return object;
  }
}

let read: (token: unknown) => { unit: Unit | undefined } | undefined;

class Tie extends Identity {
  #tie: { unit: Unit | undefined };

  constructor(token: object, unit: Unit) {
    super(token);
    this.#tie = { unit };
  }

  static {
    read = (token) => (isObject(token) && #tie in token ? token.#tie : undefined);
  }
}

const INVALID = 'This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler.';

/** Makes a token of a class for a unit. */
export function newToken(tokenClass: { prototype: object }, unit: Unit): object {
  const token = ObjectCreate(tokenClass.prototype) as object;
  new Tie(token, unit);
  return token;
}

/** The handler is done: the token is no longer valid. */
export function endToken(token: object): void {
  const tie = read(token);
  if (tie !== undefined) tie.unit = undefined;
}

/** The unit behind a token; throws for what is no such token, and for one that is no longer valid. */
export function unitOf<T extends Unit>(token: unknown, unitClass: UnitClass<T>): T {
  const tie = read(token);
  if (tie === undefined) throw illegalInvocation();
  const { unit } = tie;
  if (unit === undefined) throw new TypeErrorCtor(INVALID);
  // Units are the runtime's own, never a tenant's.
  if (!(unit instanceof unitClass)) throw illegalInvocation();
  return unit;
}

/** Cloudflare's words for an argument that is missing, or of another type. */
export function wrongArgument(operation: string, interfaceName: string, index: number, type: string): TypeError {
  return new TypeErrorCtor(`${argument(operation, interfaceName, index)} is not of type '${type}'.`);
}

/** A string that must have been given. @param given how many arguments there were */
export function stringArgument(value: unknown, given: number, operation: string, interfaceName: string, index: number): string {
  if (given < index) throw wrongArgument(operation, interfaceName, index, 'string');
  return DOMString(value, argument(operation, interfaceName, index));
}

/** An operation that takes content: its name, its interface's, and how many arguments it was given. */
type Call = readonly [operation: string, interfaceName: string, given: number];

/** `ContentOptions`: is the content HTML? */
function isHtml(options: unknown, { 0: operation, 1: interfaceName }: Call): boolean {
  if (options === undefined || options === null) return false;
  if (!isObject(options)) throw wrongArgument(operation, interfaceName, 2, 'ContentOptions');
  return !!(options as { html?: unknown }).html;
}

/** `Content`: text, a stream or a response. @returns undefined for a response without a body, which is no content */
export function toContent(value: unknown, options: unknown, call: Call): Content | undefined {
  if (call[2] === 0) throw wrongArgument(call[0], call[1], 1, 'string or JsReadableStream or Response');
  const html = isHtml(options, call);
  if (isReadableStream(value)) return { value, isHtml: html };
  if (isResponse(value)) {
    const { body } = responseState(value);
    return body === null ? undefined : { value: openStream(body) as ReadableStream, isHtml: html };
  }
  return { value: DOMString(value, 'Content'), isHtml: html };
}

/** Content where streams cannot be had. */
export function toTextContent(value: unknown, options: unknown, call: Call): Content {
  if (isReadableStream(value) || isResponse(value)) {
    throw new TypeErrorCtor('Replacing content in HTML comments using a ReadableStream or Response object is not implemented. You must provide a string.');
  }
  return toContent(value, options, call) as Content;
}
