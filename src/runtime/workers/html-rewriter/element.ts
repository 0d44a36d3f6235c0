/**
 * Element, and the iterator over its attributes.
 * @see https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#element
 */
import {
  ErrorCtor,
  IteratorPrototype,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectSetPrototypeOf,
  SymbolIterator,
  WeakMapCtor,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} from '../../primordials.ts';
import { DOMString, defineInterface, illegalConstructor, illegalInvocation } from '../../webidl.ts';
import { ElementUnit } from './element-unit.ts';
import { parserError } from './parser-error.ts';
import { stringArgument, toContent, unitOf, wrongArgument } from './scope.ts';
import { ArrayPrototypePush } from '../../primordials.ts';

const elementOf = (token: unknown): ElementUnit => unitOf(token, ElementUnit);

export class Element {
  constructor() {
    throw illegalConstructor();
  }

  get tagName(): string {
    return elementOf(this).tagName;
  }

  set tagName(name: unknown) {
    const unit = elementOf(this);
    unit.tagName = DOMString(name, 'Element tagName');
  }

  get attributes(): AttributesIterator {
    return newIterator(this, elementOf(this));
  }

  get removed(): boolean {
    return elementOf(this).removed;
  }

  get namespaceURI(): string {
    return elementOf(this).namespaceURI;
  }

  getAttribute(name: unknown): string | null {
    return elementOf(this).getAttribute(stringArgument(name, arguments.length, 'getAttribute', 'Element', 1));
  }

  hasAttribute(name: unknown): boolean {
    return elementOf(this).getAttribute(stringArgument(name, arguments.length, 'hasAttribute', 'Element', 1)) !== null;
  }

  setAttribute(name: unknown, value: unknown): this {
    elementOf(this).setAttribute(
      stringArgument(name, arguments.length, 'setAttribute', 'Element', 1),
      stringArgument(value, arguments.length, 'setAttribute', 'Element', 2),
    );
    return this;
  }

  removeAttribute(name: unknown): this {
    elementOf(this).removeAttribute(stringArgument(name, arguments.length, 'removeAttribute', 'Element', 1));
    return this;
  }

  before(content: unknown, options: unknown = undefined): this {
    const unit = elementOf(this);
    const given = toContent(content, options, ['before', 'Element', arguments.length]);
    if (given !== undefined) ArrayPrototypePush(unit.mutate().before, given);
    return this;
  }

  after(content: unknown, options: unknown = undefined): this {
    const unit = elementOf(this);
    const given = toContent(content, options, ['after', 'Element', arguments.length]);
    if (given !== undefined) unit.after(given);
    return this;
  }

  prepend(content: unknown, options: unknown = undefined): this {
    const unit = elementOf(this);
    const given = toContent(content, options, ['prepend', 'Element', arguments.length]);
    if (given !== undefined) unit.prepend(given);
    return this;
  }

  append(content: unknown, options: unknown = undefined): this {
    const unit = elementOf(this);
    const given = toContent(content, options, ['append', 'Element', arguments.length]);
    if (given !== undefined) unit.append(given);
    return this;
  }

  replace(content: unknown, options: unknown = undefined): this {
    const unit = elementOf(this);
    const given = toContent(content, options, ['replace', 'Element', arguments.length]);
    if (given !== undefined) unit.replace(given);
    return this;
  }

  setInnerContent(content: unknown, options: unknown = undefined): this {
    const unit = elementOf(this);
    const given = toContent(content, options, ['setInnerContent', 'Element', arguments.length]);
    if (given !== undefined) unit.setInnerContent(given);
    return this;
  }

  remove(): this {
    elementOf(this).remove();
    return this;
  }

  removeAndKeepContent(): this {
    elementOf(this).removeAndKeepContent();
    return this;
  }

  /** As on Workers, the last handler given for an element is the one that runs. */
  onEndTag(handler: unknown): undefined {
    const unit = elementOf(this);
    if (typeof handler !== 'function') {
      throw wrongArgument('onEndTag', 'Element', 1, 'function');
    }
    if (!unit.canHaveContent) throw parserError('No end tag.');
    unit.endHandler = handler as (tag: unknown) => unknown;
    return undefined;
  }
}

defineInterface(Element, 'Element');

type IteratorState = { element: object; version: number; index: number };

const iterators = new WeakMapCtor<object, IteratorState>();

class AttributesIterator {
  constructor() {
    throw illegalConstructor();
  }

  next(): { done: boolean; value: [string, string] | undefined } {
    const state = WeakMapPrototypeGet(iterators, this);
    if (state === undefined) throw illegalInvocation();
    const unit = elementOf(state.element);
    if (unit.version !== state.version) {
      throw new ErrorCtor('The attributes of this element have been modified during iteration. You must create a new iterator after modifying attributes.');
    }
    const pair = unit.attributeAt(state.index);
    if (pair === undefined) return { done: true, value: undefined };
    state.index++;
    return { done: false, value: [pair[0], pair[1]] };
  }
}

defineInterface(AttributesIterator, 'AttributesIterator');
ObjectSetPrototypeOf(AttributesIterator.prototype, IteratorPrototype);
ObjectDefineProperty(AttributesIterator.prototype, SymbolIterator, {
  value: function iterator(this: unknown): unknown {
    return this;
  },
  writable: true,
  configurable: true,
});

function newIterator(element: object, unit: ElementUnit): AttributesIterator {
  const iterator = ObjectCreate(AttributesIterator.prototype) as AttributesIterator;
  WeakMapPrototypeSet(iterators, iterator, { element, version: unit.version, index: 0 });
  return iterator;
}
