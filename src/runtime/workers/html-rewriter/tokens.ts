/**
 * Text, Comment, Doctype, EndTag and DocumentEnd: what handlers are given.
 *
 * Departures: attributes are on the prototypes, where workerd has them on each object; arguments that are
 * missing are `undefined`, as there.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#global-types
 */
import { ArrayPrototypePush, ArrayPrototypeUnshift } from '../../primordials.ts';
import { DOMString, defineInterface, illegalConstructor } from '../../webidl.ts';
import { DoctypeUnit } from './doctype.ts';
import { toContent, toTextContent, unitOf } from './scope.ts';
import { CommentUnit, type Content, DocumentEndUnit, EndTagUnit, TextUnit, type Unit } from './units.ts';

const insertBefore = (unit: Unit, content: Content | undefined): void => {
  if (content !== undefined) ArrayPrototypePush(unit.mutate().before, content);
};
const insertAfter = (unit: Unit, content: Content | undefined): void => {
  if (content !== undefined) ArrayPrototypeUnshift(unit.mutate().after, content);
};
const put = (unit: Unit, content: Content | undefined): void => {
  if (content !== undefined) unit.mutate().replace(content);
};
const remove = (unit: Unit): void => {
  unit.mutate().removed = true;
};

const textOf = (token: unknown): TextUnit => unitOf(token, TextUnit);

export class Text {
  constructor() {
    throw illegalConstructor();
  }

  get text(): string {
    return textOf(this).text;
  }

  get lastInTextNode(): boolean {
    return textOf(this).isLast;
  }

  get removed(): boolean {
    return textOf(this).removed;
  }

  before(content: unknown, options: unknown = undefined): this {
    insertBefore(textOf(this), toContent(content, options, ['before', 'Text', arguments.length]));
    return this;
  }

  after(content: unknown, options: unknown = undefined): this {
    insertAfter(textOf(this), toContent(content, options, ['after', 'Text', arguments.length]));
    return this;
  }

  replace(content: unknown, options: unknown = undefined): this {
    put(textOf(this), toContent(content, options, ['replace', 'Text', arguments.length]));
    return this;
  }

  remove(): this {
    remove(textOf(this));
    return this;
  }
}

const commentOf = (token: unknown): CommentUnit => unitOf(token, CommentUnit);

export class Comment {
  constructor() {
    throw illegalConstructor();
  }

  get text(): string {
    return commentOf(this).text;
  }

  set text(text: unknown) {
    const unit = commentOf(this);
    unit.text = DOMString(text, 'Comment text');
  }

  get removed(): boolean {
    return commentOf(this).removed;
  }

  before(content: unknown, options: unknown = undefined): this {
    insertBefore(commentOf(this), toTextContent(content, options, ['before', 'Comment', arguments.length]));
    return this;
  }

  after(content: unknown, options: unknown = undefined): this {
    insertAfter(commentOf(this), toTextContent(content, options, ['after', 'Comment', arguments.length]));
    return this;
  }

  replace(content: unknown, options: unknown = undefined): this {
    put(commentOf(this), toTextContent(content, options, ['replace', 'Comment', arguments.length]));
    return this;
  }

  remove(): this {
    remove(commentOf(this));
    return this;
  }
}

const doctypeOf = (token: unknown): DoctypeUnit => unitOf(token, DoctypeUnit);

export class Doctype {
  constructor() {
    throw illegalConstructor();
  }

  get name(): string | null {
    return doctypeOf(this).name;
  }

  get publicId(): string | null {
    return doctypeOf(this).publicId;
  }

  get systemId(): string | null {
    return doctypeOf(this).systemId;
  }
}

const endTagOf = (token: unknown): EndTagUnit => unitOf(token, EndTagUnit);

export class EndTag {
  constructor() {
    throw illegalConstructor();
  }

  get name(): string {
    return endTagOf(this).name;
  }

  set name(name: unknown) {
    const unit = endTagOf(this);
    unit.name = DOMString(name, 'EndTag name');
  }

  before(content: unknown, options: unknown = undefined): this {
    insertBefore(endTagOf(this), toContent(content, options, ['before', 'EndTag', arguments.length]));
    return this;
  }

  after(content: unknown, options: unknown = undefined): this {
    insertAfter(endTagOf(this), toContent(content, options, ['after', 'EndTag', arguments.length]));
    return this;
  }

  remove(): this {
    remove(endTagOf(this));
    return this;
  }
}

export class DocumentEnd {
  constructor() {
    throw illegalConstructor();
  }

  append(content: unknown, options: unknown = undefined): this {
    insertBefore(unitOf(this, DocumentEndUnit), toTextContent(content, options, ['append', 'DocumentEnd', arguments.length]));
    return this;
  }
}

defineInterface(Text, 'Text');
defineInterface(Comment, 'Comment');
defineInterface(Doctype, 'Doctype');
defineInterface(EndTag, 'EndTag');
defineInterface(DocumentEnd, 'DocumentEnd');
