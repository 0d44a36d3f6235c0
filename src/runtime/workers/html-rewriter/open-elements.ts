/**
 * The elements that are open, and which rules apply to a new one.
 *
 * Contract: an end tag closes the innermost open element of its name and all within it; one without such an
 * element is nothing. Both are found without walking the stack, however deep a hostile document makes it.
 * An ordinary element costs three numbers.
 */
import {
  ArrayPrototypePop,
  ArrayPrototypePush,
  Int32ArrayCtor,
  MapCtor,
  MapPrototypeGet,
  MapPrototypeSet,
  TypedArrayPrototypeSet,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { readAttributes } from './attributes.ts';
import { MEMORY_LIMIT, memoryError } from './parser-error.ts';
import { type Node, type Program, type Tag, fitsAttributes, fitsTag } from './selector-matcher.ts';
import type { EndAction } from './units.ts';

/** What is to be done when the element is closed. */
export type OpenElement = {
  /** The rules it matched. */
  rules: number[];
  /** What may match in it: anywhere, and among its children. */
  descendants: Node[];
  children: Node[];
  endAction: EndAction | undefined;
  removesContent: boolean;
};

/** About how many bytes an open element takes, and one that a rule applies to. */
const COST = 16;
const MATCHED_COST = 192;

export class OpenElements {
  readonly #program: Program;
  depth = 0;
  #ids: Int32Array = new Int32ArrayCtor(64);
  /** The next outer element of the same name. */
  #outer: Int32Array = new Int32ArrayCtor(64);
  /** At d: how many children the element at depth d has; at 0, the document. */
  #children: Int32Array = new Int32ArrayCtor(64);
  #types: (Map<number, number> | undefined)[] = [undefined];
  #elements: (OpenElement | undefined)[] = [];
  /** The innermost element of each name, -1 for none. */
  #innermost: number[] = [];
  /** How many open elements let each inner node match. */
  #active: number[] = [];
  #activeCount = 0;
  #matchedCount = 0;
  readonly tag: Tag;
  /** The last match. */
  rules: number[] = [];
  #descendants: Node[] = [];
  #nextChildren: Node[] = [];
  /** Does an open element have the lists of the last match? */
  #isTaken = false;
  #hasAttributes = false;

  constructor(program: Program) {
    this.#program = program;
    this.tag = { bytes: new Uint8ArrayCtor(0), id: 0, isHtml: true, index: 0, typeIndex: 0, attributes: [], count: 0 };
    for (let i = 0; i < program.inner.length; i++) ArrayPrototypePush(this.#active, 0);
  }

  isOpen(id: number): boolean {
    return id < this.#innermost.length && (this.#innermost[id] as number) >= 0;
  }

  /** Nodes that may match an element of this name where the parser is: may its attributes matter, or does it match as it is? */
  mayMatch(id: number): boolean {
    const { rootsByName, rootsOfAny } = this.#program;
    return rootsOfAny.length > 0 || this.#activeCount > 0 || (id < rootsByName.length && rootsByName[id] !== undefined) || this.#parentChildren() !== undefined;
  }

  #parentChildren(): Node[] | undefined {
    const parent = this.depth === 0 ? undefined : this.#elements[this.depth - 1];
    return parent === undefined || parent.children.length === 0 ? undefined : parent.children;
  }

  /**
   * Matches a start tag, and counts it as a child. `rules` holds the result.
   * @param from where its name ends; @param end where it does. Both are 0 where `mayMatch` said no.
   * @returns whether any rule applies
   */
  match(bytes: Uint8Array, id: number, from: number, end: number, isHtml: boolean): boolean {
    const { tag } = this;
    const program = this.#program;
    tag.id = id;
    tag.index = this.#children[this.depth] = (this.#children[this.depth] as number) + 1;
    if (program.hasNthOfType) tag.typeIndex = this.#countType(id);
    if (this.#isTaken || this.rules.length > 0 || this.#descendants.length > 0 || this.#nextChildren.length > 0) {
      this.rules = [];
      this.#descendants = [];
      this.#nextChildren = [];
      this.#isTaken = false;
    }
    const byName = id < program.rootsByName.length ? program.rootsByName[id] : undefined;
    const { rootsOfAny } = program;
    const children = this.#parentChildren();
    if (byName === undefined && rootsOfAny.length === 0 && this.#activeCount === 0 && children === undefined) return false;
    tag.bytes = bytes;
    tag.isHtml = isHtml;
    this.#hasAttributes = false;
    if (byName !== undefined) this.#matchAll(byName, from, end);
    this.#matchAll(rootsOfAny, from, end);
    if (children !== undefined) this.#matchAll(children, from, end);
    if (this.#activeCount > 0) {
      for (let i = 0; i < program.inner.length; i++) if ((this.#active[i] as number) > 0) this.#matchNode(program.inner[i] as Node, from, end);
    }
    return this.rules.length > 0;
  }

  #matchAll(nodes: readonly Node[], from: number, end: number): void {
    for (let i = 0; i < nodes.length; i++) this.#matchNode(nodes[i] as Node, from, end);
  }

  #matchNode(node: Node, from: number, end: number): void {
    const { tag } = this;
    if (!fitsTag(node, tag)) return;
    if (node.attributeChecks.length > 0) {
      this.attributes(tag.bytes, from, end);
      if (!fitsAttributes(node, tag)) return;
    }
    const { next } = node;
    if (next !== undefined) {
      const list = next.isChild ? this.#nextChildren : this.#descendants;
      for (let i = 0; i < list.length; i++) if (list[i] === next) return;
      ArrayPrototypePush(list, next);
      return;
    }
    for (let i = 0; i < this.rules.length; i++) if (this.rules[i] === node.rule) return;
    ArrayPrototypePush(this.rules, node.rule);
  }

  /** Reads the attributes of the tag being matched, once. */
  attributes(bytes: Uint8Array, from: number, end: number): void {
    if (this.#hasAttributes) return;
    this.#hasAttributes = true;
    this.tag.count = readAttributes(bytes, from, end, this.tag.attributes);
  }

  #countType(id: number): number {
    const types = (this.#types[this.depth] ??= new MapCtor<number, number>());
    const count = (MapPrototypeGet(types, id) ?? 0) + 1;
    MapPrototypeSet(types, id, count);
    return count;
  }

  /** Opens the element matched last. @returns what is known of it; undefined for an ordinary one */
  push(id: number): OpenElement | undefined {
    const { depth } = this;
    if (depth + 1 >= this.#ids.length) this.#grow();
    while (this.#innermost.length <= id) ArrayPrototypePush(this.#innermost, -1);
    this.#ids[depth] = id;
    this.#outer[depth] = this.#innermost[id] as number;
    this.#innermost[id] = depth;
    this.#children[depth + 1] = 0;
    this.#types[depth + 1] = undefined;
    this.depth = depth + 1;
    const { rules } = this;
    if (rules.length === 0 && this.#descendants.length === 0 && this.#nextChildren.length === 0) {
      this.#elements[depth] = undefined;
      return undefined;
    }
    const element: OpenElement = { rules, descendants: this.#descendants, children: this.#nextChildren, endAction: undefined, removesContent: false };
    this.#elements[depth] = element;
    this.#isTaken = true;
    this.#matchedCount++;
    this.#checkMemory();
    for (let i = 0; i < element.descendants.length; i++) {
      const { index } = element.descendants[i] as Node;
      this.#active[index] = (this.#active[index] as number) + 1;
      this.#activeCount++;
    }
    return element;
  }

  /** How many elements the end tag of this name closes; 0 for a stray one. */
  countToClose(id: number): number {
    return this.isOpen(id) ? this.depth - (this.#innermost[id] as number) : 0;
  }

  /** Closes the innermost element. */
  pop(): OpenElement | undefined {
    const depth = --this.depth;
    this.#innermost[this.#ids[depth] as number] = this.#outer[depth] as number;
    const element = this.#elements[depth];
    ArrayPrototypePop(this.#types);
    if (element === undefined) return undefined;
    this.#elements[depth] = undefined;
    this.#matchedCount--;
    for (let i = 0; i < element.descendants.length; i++) {
      const { index } = element.descendants[i] as Node;
      this.#active[index] = (this.#active[index] as number) - 1;
      this.#activeCount--;
    }
    return element;
  }

  #checkMemory(): void {
    if (this.depth * COST + this.#matchedCount * MATCHED_COST > MEMORY_LIMIT) throw memoryError();
  }

  #grow(): void {
    this.#checkMemory();
    this.#ids = larger(this.#ids);
    this.#outer = larger(this.#outer);
    this.#children = larger(this.#children);
  }
}

function larger(numbers: Int32Array): Int32Array {
  const copy = new Int32ArrayCtor(numbers.length * 2);
  TypedArrayPrototypeSet(copy as unknown as Uint8Array, numbers as unknown as Uint8Array);
  return copy;
}
