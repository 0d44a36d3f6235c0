/**
 * The handlers a rewriter was given, and what a document makes of them.
 */
import { ArrayPrototypePush, TypeErrorCtor } from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { wrongArgument } from './scope.ts';
import type { Complex } from './selector-parser.ts';

/** A handler and the object it is a method of. */
export type Handler = { call: (token: unknown) => unknown; self: unknown };

/** What one call of `on` or `onDocument` gave. `selectors` is undefined for the document. */
export type Rule = {
  selectors: Complex[] | undefined;
  element: Handler | undefined;
  doctype: Handler | undefined;
  comments: Handler | undefined;
  text: Handler | undefined;
  end: Handler | undefined;
};

/** What is given for handlers is none. */
export const wrongHandlers = (selectors: Complex[] | undefined, dictionary: string): TypeError =>
  wrongArgument(selectors === undefined ? 'onDocument' : 'on', 'HTMLRewriter', selectors === undefined ? 1 : 2, dictionary);

function readHandlers(handlers: unknown, selectors: Complex[] | undefined, dictionary: string): Rule {
  const rule: Rule = { selectors, element: undefined, doctype: undefined, comments: undefined, text: undefined, end: undefined };
  if (handlers === undefined || handlers === null) return rule;
  if (!isObject(handlers)) throw wrongHandlers(selectors, dictionary);
  const read = (key: 'element' | 'doctype' | 'comments' | 'text' | 'end'): void => {
    const call: unknown = (handlers as Record<string, unknown>)[key];
    if (call === undefined) return;
    if (typeof call !== 'function') {
      throw new TypeErrorCtor(`Incorrect type for the '${key}' field on '${dictionary}': the provided value is not of type 'function'.`);
    }
    rule[key] = { call: call as Handler['call'], self: handlers };
  };
  read(selectors === undefined ? 'doctype' : 'element');
  read('comments');
  read('text');
  if (selectors === undefined) read('end');
  return rule;
}

export const elementHandlers = (handlers: unknown, selectors: Complex[]): Rule => readHandlers(handlers, selectors, 'ElementContentHandlers');
export const documentHandlers = (handlers: unknown): Rule => readHandlers(handlers, undefined, 'DocumentContentHandlers');

/** A handler, and by how many open elements it is wanted. */
export type Active = { handler: Handler; users: number };

/** The handlers of one kind, in the order they are called: those of elements before those of the document. */
export class HandlerList {
  readonly items: Active[] = [];
  /** The item of each rule that has one. */
  readonly #byRule: (Active | undefined)[] = [];
  users = 0;

  constructor(rules: readonly Rule[], documentRules: readonly Rule[], kind: 'element' | 'doctype' | 'comments' | 'text' | 'end') {
    for (let i = 0; i < rules.length; i++) ArrayPrototypePush(this.#byRule, this.#add((rules[i] as Rule)[kind], 0));
    for (let i = 0; i < documentRules.length; i++) this.#add((documentRules[i] as Rule)[kind], 1);
  }

  #add(handler: Handler | undefined, users: number): Active | undefined {
    if (handler === undefined) return undefined;
    const item: Active = { handler, users };
    this.users += users;
    ArrayPrototypePush(this.items, item);
    return item;
  }

  /** One more, or one less, wants the handlers of these rules. */
  change(rules: readonly number[], by: number): void {
    for (let i = 0; i < rules.length; i++) {
      const item = this.#byRule[rules[i] as number];
      if (item === undefined) continue;
      item.users += by;
      this.users += by;
    }
  }
}
