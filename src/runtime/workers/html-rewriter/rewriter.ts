/**
 * Rewrites one document: shows handlers what they asked for and writes what they made of it.
 *
 * Contract: bytes nobody changed are written as they came, in as long runs as possible. `#written` is the
 * first byte of the window that is not in the output. While content is being removed nothing is written, but
 * handlers are shown it all the same. After a throw the rewriter is not to be used any more.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/
 */
import {
  ArrayPrototypePush,
  ArrayPrototypeReverse,
  ArrayPrototypeSlice,
  PromiseCtor,
  PromisePrototypeThen,
  ReflectApply,
  TypedArrayPrototypeSet,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { asciiLower } from './ascii.ts';
import { findAttribute, readAttributes } from './attributes.ts';
import { type Charset, view } from './charset.ts';
import { writeContents } from './content-writer.ts';
import { DoctypeUnit } from './doctype.ts';
import { Element } from './element.ts';
import { ElementUnit } from './element-unit.ts';
import { type Active, HandlerList, type Handler, type Rule } from './handlers.ts';
import { type OpenElement, OpenElements } from './open-elements.ts';
import { Output } from './output.ts';
import { MEMORY_LIMIT, memoryError } from './parser-error.ts';
import { endToken, newToken } from './scope.ts';
import type { Complex } from './selector-parser.ts';
import { compile } from './selector-matcher.ts';
import { PLAINTEXT, RAW, SCRIPT, TagNames, VOID, flagsOf } from './tag-names.ts';
import { PLAIN_TEXT, RAW_TEXT, SCRIPT_TEXT, type TokenSink, Tokenizer, type Wait } from './tokenizer.ts';
import { Comment, Doctype, DocumentEnd, EndTag, Text } from './tokens.ts';
import { HTML_NS, NAMESPACES, type TagQuestions, TreeSimulator } from './tree-simulator.ts';
import { CommentUnit, DocumentEndUnit, type EndAction, EndTagUnit, TextUnit, type Unit, type Window } from './units.ts';

type TokenClass = { prototype: object };

export class Rewriter implements TokenSink {
  readonly output: Output;
  /** How to wait until the output has been taken; set by whoever takes it. */
  onRoom: () => Wait = () => undefined;
  readonly #tokenizer: Tokenizer;
  readonly #window: Window;
  readonly #tree = new TreeSimulator();
  /** About the tag at hand. */
  readonly #questions: TagQuestions = {
    name: () => asciiLower(this.#window.charset.decode(this.#window.bytes, this.#tokenizer.nameStart, this.#tokenizer.nameEnd)),
    attribute: (name) => {
      const { bytes, nameEnd, pos } = this.#tokenizer;
      const list: number[] = [];
      const at = findAttribute(bytes, list, readAttributes(bytes, nameEnd, pos, list), name);
      return at < 0 ? null : asciiLower(this.#window.charset.decode(bytes, list[at + 2] as number, list[at + 3] as number));
    },
  };
  readonly #names: TagNames;
  readonly #elements: OpenElements | undefined;
  readonly #elementHandlers: HandlerList;
  readonly #doctypeHandlers: HandlerList;
  readonly #commentHandlers: HandlerList;
  readonly #textHandlers: HandlerList;
  readonly #endHandlers: HandlerList;
  /** What is left of earlier chunks; its room may be larger than the window. */
  #kept: Uint8Array = new Uint8ArrayCtor(0);
  #written = 0;
  /** Up to here nothing is going to change. */
  #decided = 0;
  #inText = false;
  /** How many open elements have their content removed, and how many wait for their end tag. */
  #removing = 0;
  #awaited = 0;

  constructor(rules: readonly Rule[], charset: Charset) {
    const ofElements: Rule[] = [];
    const ofDocument: Rule[] = [];
    const selectors: Complex[][] = [];
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i] as Rule;
      ArrayPrototypePush(rule.selectors === undefined ? ofDocument : ofElements, rule);
      if (rule.selectors !== undefined) ArrayPrototypePush(selectors, rule.selectors);
    }
    this.#elementHandlers = new HandlerList(ofElements, ofDocument, 'element');
    this.#doctypeHandlers = new HandlerList(ofElements, ofDocument, 'doctype');
    this.#commentHandlers = new HandlerList(ofElements, ofDocument, 'comments');
    this.#textHandlers = new HandlerList(ofElements, ofDocument, 'text');
    this.#endHandlers = new HandlerList(ofElements, ofDocument, 'end');
    this.output = new Output(charset);
    this.#window = { bytes: this.#kept, charset };
    this.#tokenizer = new Tokenizer(this, this.#kept);
    let isKept = false;
    this.#names = new TagNames((id) => isKept || this.#elements?.isOpen(id) === true);
    if (selectors.length > 0) {
      const program = compile(selectors, this.#names, charset);
      isKept = program.hasNthOfType;
      this.#elements = new OpenElements(program);
    }
  }

  /** Takes the next chunk, once `run` is through with the one before. The bytes must not change until then. */
  feed(chunk: Uint8Array): void {
    const tokenizer = this.#tokenizer;
    const left = tokenizer.end;
    let bytes = chunk;
    if (left > 0) {
      const needed = left + chunk.length;
      if (needed > this.#kept.length) {
        // Twice the room, lest a token that comes byte by byte be copied each time.
        const room = new Uint8ArrayCtor(needed * 2);
        copy(this.#kept, 0, left, room, 0);
        this.#kept = room;
      }
      copy(chunk, 0, chunk.length, this.#kept, left);
      bytes = this.#kept;
    }
    this.#window.bytes = tokenizer.bytes = bytes;
    tokenizer.end = left + chunk.length;
  }

  /** No more chunks come. */
  finish(): void {
    this.#tokenizer.isLast = true;
  }

  /** Works until there is something to wait for, or the input is used up. */
  run(): Wait {
    const wait = this.#tokenizer.run();
    if (wait === undefined) this.#endChunk();
    return wait;
  }

  /** Writes what nothing can change any more; for when there is time, or need, to send it. */
  settle(): void {
    this.#writeTo(this.#decided);
  }

  #writeTo(to: number): void {
    if (to <= this.#written) return;
    if (this.#removing === 0) this.output.bytes(this.#window.bytes, this.#written, to);
    this.#written = to;
  }

  #endChunk(): void {
    const tokenizer = this.#tokenizer;
    const { start, end } = tokenizer;
    this.#writeTo(start);
    const left = end - start;
    if (left > MEMORY_LIMIT) throw memoryError();
    if (left > 0) {
      if (left > this.#kept.length) this.#kept = new Uint8ArrayCtor(left);
      copy(this.#window.bytes, start, end, this.#kept, 0);
      this.#window.bytes = tokenizer.bytes = this.#kept;
    }
    tokenizer.shift(start);
    this.#written = this.#decided = 0;
  }

  // The tokenizer's sink.

  get capturesText(): boolean {
    return this.#textHandlers.users > 0;
  }

  get capturesComments(): boolean {
    return this.#commentHandlers.users > 0;
  }

  get capturesDoctypes(): boolean {
    return this.#doctypeHandlers.users > 0;
  }

  get allowsCdata(): boolean {
    return this.#tree.namespace !== HTML_NS;
  }

  textEnd(start: number, end: number): number {
    return end - this.#window.charset.incomplete(this.#window.bytes, start, end);
  }

  text(start: number, end: number): Wait {
    this.#inText = true;
    const text = this.#window.charset.decodePart(this.#window.bytes, start, end, false);
    // The first half of a character, and nothing else.
    if (text === '') return undefined;
    return this.#show(new TextUnit(this.#window, start, end, text, false), Text, this.#textHandlers.items);
  }

  endText(at: number): Wait {
    if (!this.#inText) return undefined;
    this.#inText = false;
    const { charset, bytes } = this.#window;
    const text = charset.isExact ? '' : charset.decodePart(bytes, at, at, true);
    return this.#show(new TextUnit(this.#window, at, at, text, true), Text, this.#textHandlers.items);
  }

  nameOf(hash: number, start: number, end: number, isEndTag: boolean): number {
    const { bytes } = this.#window;
    const id = this.#names.find(hash, bytes, start, end);
    return id !== 0 || isEndTag || this.#elements === undefined ? id : this.#names.add(hash, bytes, start, end);
  }

  keepsTag(id: number, isEndTag: boolean): boolean {
    const elements = this.#elements;
    if (isEndTag) return this.#awaited > 0;
    return this.#tree.asksAttributes(id) || elements?.mayMatch(id) === true;
  }

  startTag(token: Tokenizer): Wait {
    const { id, selfClosing, start, pos, nameStart, nameEnd } = token;
    const { bytes } = this.#window;
    const tree = this.#tree;
    const before = tree.namespace;
    const namespace = tree.startTag(id, selfClosing, this.#questions);
    if (before === HTML_NS && namespace === HTML_NS) switchText(token, id);
    const elements = this.#elements;
    if (elements === undefined) return undefined;
    const canHaveContent = namespace === HTML_NS ? (flagsOf(id) & VOID) === 0 : !selfClosing;
    const isMatched = elements.match(bytes, id, nameEnd, pos, namespace === HTML_NS);
    const open = canHaveContent ? elements.push(id) : undefined;
    if (!isMatched) return undefined;
    const { rules } = elements;
    if (canHaveContent) {
      this.#textHandlers.change(rules, 1);
      this.#commentHandlers.change(rules, 1);
    }
    const handlers = this.#elementHandlers;
    handlers.change(rules, 1);
    if (handlers.users === 0) return undefined;
    elements.attributes(bytes, nameEnd, pos);
    const { attributes, count } = elements.tag;
    const unit = new ElementUnit(
      this.#window,
      [start, pos, nameStart, nameEnd],
      attributes,
      count,
      NAMESPACES[namespace] as string,
      selfClosing,
      canHaveContent,
    );
    if (this.#removing > 0) unit.mutate().removed = true;
    const active = activeOf(handlers.items);
    handlers.change(rules, -1);
    return this.#show(unit, Element, active, open === undefined ? undefined : () => this.#promise(unit, open));
  }

  /** What the handlers of a start tag have in store for the rest of its element. */
  #promise(unit: ElementUnit, open: OpenElement): void {
    const { endName, endMutations, endHandler } = unit;
    if (endName !== undefined || endMutations !== undefined || endHandler !== undefined) {
      open.endAction = { name: endName, mutations: endMutations, handler: endHandler };
    }
    open.removesContent = unit.removesContent;
    if (open.endAction !== undefined || open.removesContent) this.#awaited++;
    if (!open.removesContent) return;
    this.#writeTo(unit.end);
    this.#removing++;
  }

  endTag(token: Tokenizer): Wait {
    const { id, start, pos } = token;
    this.#tree.endTag(id);
    const elements = this.#elements;
    if (elements === undefined) return undefined;
    const actions: EndAction[] = [];
    for (let count = elements.countToClose(id); count > 0; count--) {
      const element = elements.pop();
      if (element === undefined) continue;
      this.#textHandlers.change(element.rules, -1);
      this.#commentHandlers.change(element.rules, -1);
      if (element.endAction !== undefined || element.removesContent) this.#awaited--;
      if (element.endAction !== undefined) ArrayPrototypePush(actions, element.endAction);
      if (element.removesContent) {
        this.#writeTo(start);
        this.#removing--;
      }
    }
    if (actions.length === 0) return undefined;
    return this.#end(new EndTagUnit(this.#window, start, pos, token.nameStart, token.nameEnd), actions, 0);
  }

  /** Lets every element that the end tag closes have its way with it, the innermost first. */
  #end(unit: EndTagUnit, actions: readonly EndAction[], from: number): Wait {
    this.#decided = unit.start;
    for (let i = from; i < actions.length; i++) {
      const { name, mutations, handler } = actions[i] as EndAction;
      if (name !== undefined) unit.name = name;
      // As Cloudflare's: what an inner element left there is lost.
      if (mutations !== undefined) unit.mutations = mutations;
      if (handler === undefined) continue;
      const wait = callHandler({ call: handler, self: undefined }, newToken(EndTag, unit));
      if (wait !== undefined) return PromisePrototypeThen(wait, () => this.#end(unit, actions, i + 1));
    }
    return this.#write(unit);
  }

  comment(start: number, end: number, textStart: number, textEnd: number): Wait {
    return this.#show(new CommentUnit(this.#window, start, end, textStart, textEnd), Comment, this.#commentHandlers.items);
  }

  doctype(start: number, end: number, isClosed: boolean): Wait {
    return this.#show(new DoctypeUnit(this.#window, start, end, isClosed), Doctype, this.#doctypeHandlers.items);
  }

  /** Ends the text, after the last `run`. */
  endOfText(): Wait {
    return this.endText(0);
  }

  /** Calls the handlers of the document's end: as Cloudflare does, the last one given first. */
  endDocument(): Wait {
    const handlers = ArrayPrototypeReverse(ArrayPrototypeSlice(this.#endHandlers.items));
    const unit = new DocumentEndUnit(this.#window, 0, 0);
    this.#removing = 0;
    return this.#show(unit, DocumentEnd, handlers);
  }

  /** Shows a unit to its handlers one after the other, and writes it. @param done runs when it is written */
  #show(unit: Unit, tokenClass: TokenClass, handlers: readonly Active[], done?: () => void, from = 0): Wait {
    this.#decided = unit.start;
    for (let i = from; i < handlers.length; i++) {
      const { handler, users } = handlers[i] as Active;
      if (users === 0) continue;
      const wait = callHandler(handler, newToken(tokenClass, unit));
      if (wait !== undefined) return PromisePrototypeThen(wait, () => this.#show(unit, tokenClass, handlers, done, i + 1));
    }
    const wait = this.#write(unit);
    if (done === undefined) return wait;
    if (wait !== undefined) return PromisePrototypeThen(wait, done);
    done();
    return undefined;
  }

  /** Writes a unit, unless it is as it came. */
  #write(unit: Unit): Wait {
    const { mutations } = unit;
    if (mutations === undefined && unit.isIntact) return undefined;
    this.#writeTo(unit.start);
    this.#written = unit.end;
    if (this.#removing > 0) return undefined;
    if (mutations === undefined) {
      unit.writeSelf(this.output);
      return undefined;
    }
    const { before, replacement, after, removed } = mutations;
    return writeContents(this.output, unit, [before, removed ? replacement : undefined, after], this.onRoom);
  }
}

/** Handlers as they are wanted now; who else wants them meanwhile is of no matter. */
function activeOf(items: readonly Active[]): Active[] {
  const active: Active[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Active;
    if (item.users > 0) ArrayPrototypePush(active, { handler: item.handler, users: 1 });
  }
  return active;
}

/** Calls a handler with a token of its own, which is valid until the handler, or its promise, is done. */
function callHandler({ call, self }: Handler, token: object): Wait {
  let result: unknown;
  try {
    result = ReflectApply(call, self, [token]);
  } catch (error) {
    endToken(token);
    throw error;
  }
  if (!isObject(result)) {
    endToken(token);
    return undefined;
  }
  const promise = new PromiseCtor<unknown>((resolve) => resolve(result));
  return PromisePrototypeThen(
    promise,
    () => endToken(token),
    (error) => {
      endToken(token);
      throw error;
    },
  );
}

/** @see https://html.spec.whatwg.org/multipage/parsing.html#parsing-html-fragments */
function switchText(tokenizer: Tokenizer, id: number): void {
  if (id === SCRIPT) {
    tokenizer.mode = SCRIPT_TEXT;
    tokenizer.escapes = tokenizer.dashes = 0;
  } else if (id === PLAINTEXT) tokenizer.mode = PLAIN_TEXT;
  else if ((flagsOf(id) & RAW) !== 0) tokenizer.mode = RAW_TEXT;
  tokenizer.rawId = id;
}

function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  TypedArrayPrototypeSet(to, view(from, start, end), at);
}
