/**
 * The pieces of a document that handlers are shown, as the rewriter has them.
 *
 * Contract: tenants never reach these; they hold tokens, which point to a unit only while their handler runs.
 * A unit is a range of the window, which stays as it is until the unit is written. `parts` is what is written
 * for it: strings and streams as they were given, and SELF for the markup itself.
 */
import { ArrayPrototypeJoin, StringPrototypeIncludes, StringPrototypeSlice, StringPrototypeSplit } from '../../primordials.ts';
import type { ReadableStream } from '../../web/body-stream.ts';
import { asciiLower } from './ascii.ts';
import type { Charset } from './charset.ts';
import type { Output } from './output.ts';
import { parserError } from './parser-error.ts';

export type Content = { value: string | ReadableStream; isHtml: boolean };

/** What is put around a unit, or in its place. */
export class Mutations {
  before: Content[] = [];
  replacement: Content[] = [];
  after: Content[] = [];
  removed = false;

  replace(content: Content): void {
    this.removed = true;
    this.replacement = [content];
  }
}

/** The bytes being parsed, and how to read them. */
export type Window = { bytes: Uint8Array; charset: Charset };

export class Unit {
  readonly window: Window;
  readonly start: number;
  readonly end: number;
  mutations: Mutations | undefined = undefined;

  constructor(window: Window, start: number, end: number) {
    this.window = window;
    this.start = start;
    this.end = end;
  }

  mutate(): Mutations {
    return (this.mutations ??= new Mutations());
  }

  get removed(): boolean {
    return this.mutations?.removed === true;
  }

  /** Is its own markup as it came? */
  get isIntact(): boolean {
    return true;
  }

  /** Writes its own markup. */
  writeSelf(output: Output): void {
    output.bytes(this.window.bytes, this.start, this.end);
  }

  protected decode(start: number, end: number): string {
    return this.window.charset.decode(this.window.bytes, start, end);
  }
}

export class TextUnit extends Unit {
  readonly text: string;
  readonly isLast: boolean;

  constructor(window: Window, start: number, end: number, text: string, isLast: boolean) {
    super(window, start, end);
    this.text = text;
    this.isLast = isLast;
  }

  override get isIntact(): boolean {
    return this.window.charset.isExact;
  }

  override writeSelf(output: Output): void {
    if (this.isIntact) super.writeSelf(output);
    else output.text(this.text);
  }
}

export class CommentUnit extends Unit {
  #textStart: number;
  #textEnd: number;
  #text: string | undefined;

  constructor(window: Window, start: number, end: number, textStart: number, textEnd: number) {
    super(window, start, end);
    this.#textStart = textStart;
    this.#textEnd = textEnd;
  }

  get text(): string {
    return this.#text ?? this.decode(this.#textStart, this.#textEnd);
  }

  set text(text: string) {
    const isClosing =
      StringPrototypeIncludes(text, '-->') ||
      StringPrototypeIncludes(text, '--!>') ||
      StringPrototypeSlice(text, 0, 1) === '>' ||
      StringPrototypeSlice(text, 0, 2) === '->';
    if (isClosing) throw parserError("Comment text shouldn't contain a comment-closing sequence.");
    if (this.window.charset.encode(text, true) === null) {
      throw parserError("Comment text contains a character that can't be represented in the document's character encoding.");
    }
    this.#text = text;
  }

  override get isIntact(): boolean {
    return this.#text === undefined;
  }

  override writeSelf(output: Output): void {
    if (this.#text === undefined) super.writeSelf(output);
    else output.text(`<!--${this.#text}-->`);
  }
}

export class DocumentEndUnit extends Unit {}

/** What an element has in store for the end tag that closes it. */
export type EndAction = { name: string | undefined; mutations: Mutations | undefined; handler: ((tag: unknown) => unknown) | undefined };

export class EndTagUnit extends Unit {
  #nameStart: number;
  #nameEnd: number;
  #name: string | undefined;

  constructor(window: Window, start: number, end: number, nameStart: number, nameEnd: number) {
    super(window, start, end);
    this.#nameStart = nameStart;
    this.#nameEnd = nameEnd;
  }

  get name(): string {
    return asciiLower(this.#name ?? this.decode(this.#nameStart, this.#nameEnd));
  }

  set name(name: string) {
    this.#name = name;
  }

  override get isIntact(): boolean {
    return this.#name === undefined;
  }

  override writeSelf(output: Output): void {
    if (this.#name === undefined) super.writeSelf(output);
    else output.text(`</${this.#name}>`);
  }
}

/** Replaces every one of a character. */
export function replaceEach(text: string, character: string, by: string): string {
  return StringPrototypeIncludes(text, character) ? ArrayPrototypeJoin(StringPrototypeSplit(text, character), by) : text;
}

/** Text as it is written where it is not to be markup. */
export function escapeText(text: string): string {
  return replaceEach(replaceEach(replaceEach(text, '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
}
