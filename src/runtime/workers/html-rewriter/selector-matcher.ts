/**
 * Selectors, made ready for one document: names as numbers, values as bytes in its encoding.
 *
 * Contract: tests of the attributes come after those of the name and the place, so that the attributes of
 * most tags are never read.
 */
import { ArrayPrototypePush } from '../../primordials.ts';
import { isSpace } from './ascii.ts';
import { findAttribute } from './attributes.ts';
import type { Charset } from './charset.ts';
import type { Complex, Compound, Test } from './selector-parser.ts';
import type { TagNames } from './tag-names.ts';

type Bytes = Uint8Array;

/** A test, compiled. `id` is a tag's; null bytes are such as the encoding does not have: they match nothing. */
type Check = { test: Test; id: number; name: Bytes | null; value: Bytes | null };

/** One compound. */
export type Node = {
  index: number;
  checks: Check[];
  attributeChecks: Check[];
  /** What must match further inside. */
  next: Node | undefined;
  /** Must the element be a child of the one that matched before? */
  isChild: boolean;
  /** The rule that applies where there is no next. */
  rule: number;
};

/** What is asked of a start tag. */
export type Tag = {
  bytes: Uint8Array;
  id: number;
  isHtml: boolean;
  /** Its number among its parent's children, and among those of its name. */
  index: number;
  typeIndex: number;
  /** The list of its attributes and how many numbers of that count. */
  attributes: number[];
  count: number;
};

export type Program = {
  /** By the number of the name they ask for. */
  rootsByName: (Node[] | undefined)[];
  rootsOfAny: Node[];
  inner: Node[];
  hasNthOfType: boolean;
};

/** Compiles the selectors of every rule. */
export function compile(rules: readonly (readonly Complex[])[], names: TagNames, charset: Charset): Program {
  const program: Program = { rootsByName: [], rootsOfAny: [], inner: [], hasNthOfType: false };
  const check = (test: Test): Check => {
    if (test.kind === 'nth-of-type') program.hasNthOfType = true;
    const name = charset.encode(test.name, true);
    return { test, id: test.kind === 'name' && name !== null ? names.keep(name) : 0, name, value: charset.encode(test.value, true) };
  };
  for (let rule = 0; rule < rules.length; rule++) {
    const list = rules[rule] as readonly Complex[];
    for (let i = 0; i < list.length; i++) addComplex(program, list[i] as Complex, rule, check);
  }
  return program;
}

function addComplex(program: Program, complex: Complex, rule: number, check: (test: Test) => Check): void {
  let before: Node | undefined;
  for (let i = 0; i < complex.length; i++) {
    const { tests, isChild } = complex[i] as Compound;
    const node: Node = { index: program.inner.length, checks: [], attributeChecks: [], next: undefined, isChild, rule };
    let id = 0;
    for (let k = 0; k < tests.length; k++) {
      const test = tests[k] as Test;
      const compiled = check(test);
      const isOfTag = test.kind === 'any' || test.kind === 'never' || test.kind === 'name' || test.kind === 'nth-child' || test.kind === 'nth-of-type';
      ArrayPrototypePush(isOfTag ? node.checks : node.attributeChecks, compiled);
      if (test.kind === 'name' && !test.isNegated) id = compiled.id;
    }
    if (before !== undefined) {
      before.next = node;
      ArrayPrototypePush(program.inner, node);
    } else if (id === 0) ArrayPrototypePush(program.rootsOfAny, node);
    else {
      const same = program.rootsByName[id];
      if (same !== undefined) ArrayPrototypePush(same, node);
      else {
        // No holes: reading one would ask the (patchable) prototype.
        while (program.rootsByName.length < id) ArrayPrototypePush(program.rootsByName, undefined);
        program.rootsByName[id] = [node];
      }
    }
    before = node;
  }
}

/** Do name and place of the tag fit? */
export function fitsTag(node: Node, tag: Tag): boolean {
  const { checks } = node;
  for (let i = 0; i < checks.length; i++) {
    const { test, id } = checks[i] as Check;
    let isMet = false;
    if (test.kind === 'any') isMet = true;
    else if (test.kind === 'name') isMet = id !== 0 && id === tag.id;
    else if (test.kind === 'nth-child') isMet = isNth(test, tag.index);
    else if (test.kind === 'nth-of-type') isMet = isNth(test, tag.typeIndex);
    if (isMet === test.isNegated) return false;
  }
  return true;
}

/** Do its attributes? They must have been read. */
export function fitsAttributes(node: Node, tag: Tag): boolean {
  const { attributeChecks } = node;
  for (let i = 0; i < attributeChecks.length; i++) {
    const check = attributeChecks[i] as Check;
    if (meetsAttribute(check, tag) === check.test.isNegated) return false;
  }
  return true;
}

function isNth({ step, offset }: Test, index: number): boolean {
  const distance = index - offset;
  return step === 0 ? distance === 0 : distance / step >= 0 && distance % step === 0;
}

function meetsAttribute({ test, name, value }: Check, tag: Tag): boolean {
  // As Cloudflare's: what cannot be written in the encoding is never met, negated or not.
  if (name === null || value === null) return test.isNegated;
  const { bytes, attributes } = tag;
  const at = findAttribute(bytes, attributes, tag.count, name);
  if (at < 0) return false;
  const start = attributes[at + 2] as number;
  const end = attributes[at + 3] as number;
  const { length } = value;
  const ignoresCase = test.ignoresCase ?? tag.isHtml;
  switch (test.kind) {
    case 'exists':
      return true;
    case 'class':
    case '~=':
      return length > 0 && hasWord(bytes, start, end, value, ignoresCase);
    case '|=':
      return (
        isEqual(bytes, start, end, value, ignoresCase) ||
        (bytes[start + length] === 45 && start + length < end && isEqual(bytes, start, start + length, value, ignoresCase))
      );
    case '^=':
      return length > 0 && end - start >= length && isEqual(bytes, start, start + length, value, ignoresCase);
    case '$=':
      return length > 0 && end - start >= length && isEqual(bytes, end - length, end, value, ignoresCase);
    case '*=':
      if (length > 0) for (let i = start; i + length <= end; i++) if (isEqual(bytes, i, i + length, value, ignoresCase)) return true;
      return false;
    default:
      return isEqual(bytes, start, end, value, ignoresCase);
  }
}

const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

function isEqual(bytes: Uint8Array, start: number, end: number, value: Bytes, ignoresCase: boolean): boolean {
  const { length } = value;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) {
    const a = bytes[start + i] as number;
    const b = value[i] as number;
    if (a !== b && (!ignoresCase || lower(a) !== lower(b))) return false;
  }
  return true;
}

/** Is it one of the words between spaces? */
function hasWord(bytes: Uint8Array, start: number, end: number, value: Bytes, ignoresCase: boolean): boolean {
  let from = start;
  for (let i = start; i <= end; i++) {
    if (i < end && !isSpace(bytes[i] as number)) continue;
    if (isEqual(bytes, from, i, value, ignoresCase)) return true;
    from = i + 1;
  }
  return false;
}
