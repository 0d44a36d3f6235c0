/**
 * Tests are classic sloppy scripts; a worker is a strict module and has no eval. What sloppy mode does differently
 * is written out, so that the same test means the same:
 * - bindings called `arguments` and octal literals, which strict mode does not read, are spelled otherwise;
 * - assigning to and deleting what cannot be changed fails silently;
 * - `this` of a plain function call is the global object.
 */
import { type AnyNode, applyEdits, boundNames, childrenOf, type Edit, isFunction, isStrictCode, parseScript, type Program, walk } from './syntax.ts';

/** The script as strict code. What cannot be read is left to whoever reads it next. */
export function strictOf(source: string): string {
  return writeOutSloppiness(isStrictCode(source) ? source : respell(source));
}

function respell(source: string): string {
  const ast = read(source);
  if (ast === undefined) return source;
  const edits: Edit[] = [];
  const uses = new Set<AnyNode>();
  let bindsArguments = false;
  walk(ast, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'number' && /^0[0-7]+$/.test(node.raw ?? '')) edits.push([node.start, node.end, String(node.value)]);
    if (node.type === 'Literal' && typeof node.value === 'string' && /\\[1-7]|\\0\d/.test(node.raw ?? '')) {
      edits.push([node.start, node.end, JSON.stringify(node.value)]);
    }
    const bound = node.type === 'VariableDeclarator' ? [node.id] : isFunction(node) ? node.params : [];
    for (const pattern of bound) {
      for (const name of boundNames(pattern)) {
        if (name.name !== 'arguments') continue;
        bindsArguments = true;
        uses.add(name);
      }
    }
    if (node.type === 'Identifier' && node.name === 'arguments') uses.add(node);
  });
  if (bindsArguments) {
    const places = new Map([...uses].map((node) => [node.start, node]));
    for (const { start, end } of places.values()) {
      const isShorthand = /^\s*[,}]/.test(source.slice(end)) && /\{[^{}]*$/.test(source.slice(0, start));
      edits.push([start, end, isShorthand ? 'arguments: arguments_' : 'arguments_']);
    }
  }
  return applyEdits(source, edits) ?? source;
}

type Place = { readonly isStrict: boolean; readonly inFunction: boolean };

function writeOutSloppiness(source: string): string {
  const ast = read(source);
  if (ast === undefined || isUseStrict(ast.body[0])) return source;
  const edits: Edit[] = [];
  const visit = (node: AnyNode, outer: Place): void => {
    const place = placeInside(node, outer);
    if (!place.isStrict) {
      if (node.type === 'ThisExpression' && place.inFunction) edits.push([node.start, node.end, 'receiver(this)']);
      edits.push(...silentFailure(source, node));
    }
    for (const child of childrenOf(node)) visit(child, place);
  };
  visit(ast, { isStrict: false, inFunction: false });
  const edited = applyEdits(source, edits);
  return edited !== undefined && read(edited) !== undefined ? edited : source;
}

function placeInside(node: AnyNode, outer: Place): Place {
  if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') return { ...outer, isStrict: true };
  if (!isFunction(node)) return outer;
  const first = node.body.type === 'BlockStatement' ? node.body.body[0] : undefined;
  return { isStrict: outer.isStrict || isUseStrict(first), inFunction: outer.inFunction || node.type !== 'ArrowFunctionExpression' };
}

/** `a.b = c` as `silentSet(a, "b", c)`, `delete a.b` as `silentDelete(a, "b")`; nothing where the spelling is unusual. */
function silentFailure(source: string, node: AnyNode): Edit[] {
  const set = node.type === 'AssignmentExpression' && node.operator === '=' ? node : undefined;
  const removal = node.type === 'UnaryExpression' && node.operator === 'delete' ? node : undefined;
  const member = set?.left ?? removal?.argument;
  if (member?.type !== 'MemberExpression' || member.optional || member.object.type === 'Super' || member.property.type === 'PrivateIdentifier') return [];
  const { object, property } = member;
  const isSet = set !== undefined;
  const valueStart = set?.right.start ?? node.end;
  const before = source.slice(node.start, object.start);
  const after = source.slice(property.end, valueStart);
  if (isSet ? before !== '' : !/^delete\s+$/.test(before)) return [];
  if (!/^\s*[.[]\s*$/.test(source.slice(object.end, property.start))) return [];
  if (!(isSet ? /^\s*\]?\s*=\s*$/ : /^\s*\]?\s*$/).test(after)) return [];
  const tail = isSet ? ', ' : ')';
  const edits: Edit[] = [[node.start, object.start, isSet ? 'silentSet(' : 'silentDelete(']];
  if (member.computed) edits.push([object.end, property.start, ', '], [property.end, valueStart, tail]);
  else edits.push([object.end, valueStart, `, ${JSON.stringify(property.type === 'Identifier' ? property.name : '')}${tail}`]);
  if (isSet) edits.push([node.end, node.end, ')']);
  return edits;
}

function isUseStrict(statement: AnyNode | undefined): boolean {
  return statement?.type === 'ExpressionStatement' && 'directive' in statement && statement.directive === 'use strict';
}

function read(source: string): Program | undefined {
  try {
    return parseScript(source);
  } catch {
    return undefined;
  }
}
