/** Reading and editing JavaScript: what the rewriting of tests is made of. */
import { type AnyNode, parse, type Pattern, type Program } from 'acorn';

export type { AnyNode, Program };

/** Replaces the text from `start` to `end`. */
export type Edit = readonly [start: number, end: number, text: string];

/** The tree of a sloppy script. @throws SyntaxError */
export function parseScript(source: string): Program {
  return parse(source, { ecmaVersion: 'latest', sourceType: 'script', allowReturnOutsideFunction: true });
}

/** Is this also the body of a function in strict code? */
export function isStrictCode(source: string): boolean {
  try {
    parse(`(function(){"use strict";\n${source}\n})`, { ecmaVersion: 'latest', sourceType: 'module' });
    return true;
  } catch {
    return false;
  }
}

export function* childrenOf(node: AnyNode): Iterable<AnyNode> {
  for (const value of Object.values(node) as unknown[]) {
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) for (const each of value) if (isNode(each)) yield each;
  }
}

/** Visits a node and everything below it. */
export function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}

/** The identifiers that a pattern binds. */
export function* boundNames(pattern: Pattern | null | undefined): Iterable<Extract<AnyNode, { type: 'Identifier' }>> {
  switch (pattern?.type) {
    case 'Identifier':
      yield pattern;
      return;
    case 'ObjectPattern':
      for (const property of pattern.properties) yield* boundNames(property.type === 'Property' ? property.value : property.argument);
      return;
    case 'ArrayPattern':
      for (const element of pattern.elements) yield* boundNames(element);
      return;
    case 'AssignmentPattern':
      yield* boundNames(pattern.left);
      return;
    case 'RestElement':
      yield* boundNames(pattern.argument);
      return;
  }
}

/** The text with all edits made; undefined where two of them overlap. */
export function applyEdits(source: string, edits: readonly Edit[]): string | undefined {
  let out = '';
  let at = 0;
  for (const [start, end, text] of [...edits].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start < at) return undefined;
    out += source.slice(at, start) + text;
    at = end;
  }
  return out + source.slice(at);
}

export type FunctionNode = Extract<AnyNode, { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }>;

export function isFunction(node: AnyNode): node is FunctionNode {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value;
}
