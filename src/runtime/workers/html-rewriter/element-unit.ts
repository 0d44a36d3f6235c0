/**
 * A start tag that handlers are shown, and what they have in store for its content and its end tag.
 *
 * Contract: where what is put in goes, and what undoes what, is as Cloudflare's rewriter has it.
 */
import { ArrayPrototypePush, ArrayPrototypeUnshift, StringPrototypeIncludes, StringPrototypeSlice } from '../../primordials.ts';
import { asciiLower } from './ascii.ts';
import { FIELDS } from './attributes.ts';
import type { Output } from './output.ts';
import { parserError } from './parser-error.ts';
import { type Content, type EndAction, Mutations, Unit, type Window, replaceEach } from './units.ts';

/** `name` is as written. `start` is -1 where the attribute is no longer what came. */
type Attribute = { name: string; lower: string; value: string | undefined; start: number; valueStart: number; valueEnd: number; end: number };

const forbiddenIn = (name: string, forbidden: string): string => {
  for (let i = 0; i < name.length; i++) {
    const character = StringPrototypeSlice(name, i, i + 1);
    if (StringPrototypeIncludes(forbidden, character)) return character;
  }
  return '';
};

export class ElementUnit extends Unit {
  readonly canHaveContent: boolean;
  readonly namespaceURI: string;
  removesContent = false;
  /** Made when something is to be done at the end tag. */
  endMutations: Mutations | undefined = undefined;
  endName: string | undefined = undefined;
  endHandler: EndAction['handler'] = undefined;
  /** Told whenever the attributes change. */
  version = 0;
  #nameStart: number;
  #nameEnd: number;
  #name: string | undefined;
  #selfClosing: boolean;
  #attributes: Attribute[];
  #isIntact = true;

  /** @param list of its attributes, as readAttributes fills it */
  constructor(
    window: Window,
    range: readonly [start: number, end: number, nameStart: number, nameEnd: number],
    list: readonly number[],
    count: number,
    namespaceURI: string,
    selfClosing: boolean,
    canHaveContent: boolean,
  ) {
    super(window, range[0], range[1]);
    this.#nameStart = range[2];
    this.#nameEnd = range[3];
    this.namespaceURI = namespaceURI;
    this.#selfClosing = selfClosing;
    this.canHaveContent = canHaveContent;
    this.#attributes = [];
    for (let i = 0; i < count; i += FIELDS) {
      const start = list[i] as number;
      const name = this.decode(start, list[i + 1] as number);
      ArrayPrototypePush(this.#attributes, {
        name,
        lower: asciiLower(name),
        value: undefined,
        start,
        valueStart: list[i + 2] as number,
        valueEnd: list[i + 3] as number,
        end: list[i + 4] as number,
      });
    }
  }

  #valueOf(attribute: Attribute): string {
    return (attribute.value ??= this.decode(attribute.valueStart, attribute.valueEnd));
  }

  get tagName(): string {
    return asciiLower(this.#name ?? this.decode(this.#nameStart, this.#nameEnd));
  }

  set tagName(name: string) {
    if (name === '') throw parserError("Tag name can't be empty.");
    const first = asciiLower(StringPrototypeSlice(name, 0, 1));
    if (!(first >= 'a' && first <= 'z')) throw parserError('The first character of the tag name should be an ASCII alphabetical character.');
    const forbidden = forbiddenIn(name, ' \n\r\t\f/>');
    if (forbidden !== '') throw parserError(`\`${forbidden}\` character is forbidden in the tag name`);
    if (this.window.charset.encode(name, true) === null) {
      throw parserError("The tag name contains a character that can't be represented in the document's character encoding.");
    }
    if (this.canHaveContent) this.endName = name;
    this.#name = name;
    this.#isIntact = false;
  }

  /** Name and value of the attribute at `index`; undefined behind the last. */
  attributeAt(index: number): readonly [string, string] | undefined {
    if (index >= this.#attributes.length) return undefined;
    const attribute = this.#attributes[index] as Attribute;
    return [attribute.lower, this.#valueOf(attribute)];
  }

  /** The value of the first attribute of that name, as written; null for none. */
  getAttribute(name: string): string | null {
    const attribute = this.#find(asciiLower(name));
    return attribute === undefined ? null : this.#valueOf(attribute);
  }

  setAttribute(name: string, value: string): void {
    const lower = asciiLower(name);
    if (lower === '') throw parserError("Attribute name can't be empty.");
    const forbidden = forbiddenIn(lower, ' \n\r\t\f/>=');
    if (forbidden !== '') throw parserError(`\`${forbidden}\` character is forbidden in the attribute name`);
    if (this.window.charset.encode(lower, true) === null) {
      throw parserError("The attribute name contains a character that can't be represented in the document's character encoding.");
    }
    const attribute = this.#find(lower);
    if (attribute === undefined) ArrayPrototypePush(this.#attributes, { name: lower, lower, value, start: -1, valueStart: 0, valueEnd: 0, end: -1 });
    else {
      attribute.value = value;
      attribute.start = -1;
    }
    this.#isIntact = false;
    this.version++;
  }

  removeAttribute(name: string): void {
    const lower = asciiLower(name);
    const rest: Attribute[] = [];
    for (let i = 0; i < this.#attributes.length; i++) {
      const attribute = this.#attributes[i] as Attribute;
      if (attribute.lower !== lower) ArrayPrototypePush(rest, attribute);
    }
    if (rest.length !== this.#attributes.length) {
      this.#attributes = rest;
      this.#isIntact = false;
    }
    this.version++;
  }

  #find(lower: string): Attribute | undefined {
    for (let i = 0; i < this.#attributes.length; i++) {
      const attribute = this.#attributes[i] as Attribute;
      if (attribute.lower === lower) return attribute;
    }
    return undefined;
  }

  #end(): Mutations {
    return (this.endMutations ??= new Mutations());
  }

  #removeContent(): void {
    this.mutate().after = [];
    if (this.endMutations !== undefined) this.endMutations.before = [];
    this.removesContent = true;
  }

  after(content: Content): void {
    ArrayPrototypeUnshift((this.canHaveContent ? this.#end() : this.mutate()).after, content);
  }

  prepend(content: Content): void {
    if (!this.canHaveContent) return;
    this.#selfClosing = false;
    ArrayPrototypeUnshift(this.mutate().after, content);
  }

  append(content: Content): void {
    if (!this.canHaveContent) return;
    this.#selfClosing = false;
    ArrayPrototypePush(this.#end().before, content);
  }

  setInnerContent(content: Content): void {
    if (!this.canHaveContent) return;
    this.#removeContent();
    this.prepend(content);
  }

  replace(content: Content): void {
    this.mutate().replace(content);
    this.#removeWhole();
  }

  remove(): void {
    this.mutate().removed = true;
    this.#removeWhole();
  }

  #removeWhole(): void {
    if (!this.canHaveContent) return;
    this.#removeContent();
    this.#end().removed = true;
  }

  removeAndKeepContent(): void {
    this.mutate().removed = true;
    if (this.canHaveContent) this.#end().removed = true;
  }

  override get isIntact(): boolean {
    return this.#isIntact;
  }

  override writeSelf(output: Output): void {
    if (this.#isIntact) return super.writeSelf(output);
    const { bytes } = this.window;
    output.text('<');
    if (this.#name === undefined) output.bytes(bytes, this.#nameStart, this.#nameEnd);
    else output.text(this.#name);
    for (let i = 0; i < this.#attributes.length; i++) {
      const attribute = this.#attributes[i] as Attribute;
      output.text(' ');
      if (attribute.start >= 0) output.bytes(bytes, attribute.start, attribute.end);
      else output.text(`${attribute.name}="${replaceEach(this.#valueOf(attribute), '"', '&quot;')}"`);
    }
    // A space, lest the slash become part of an unquoted value.
    output.text(this.#selfClosing ? (this.#attributes.length > 0 ? ' />' : '/>') : '>');
  }
}
