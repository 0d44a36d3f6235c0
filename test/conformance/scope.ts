/**
 * The scripts of a test share one global scope in a browser; in a worker they are the body of one function.
 * What they expect of a global scope is put there by a few statements in front:
 * - names that are assigned but declared nowhere exist as global properties;
 * - functions and variables at the top that are also read as `self.x` are global properties, too;
 * - the expressions that the IDL harness would evaluate are compiled ahead, since a worker has no eval.
 */
import { type AnyNode, applyEdits, boundNames, childrenOf, type Edit, isFunction, parseScript, type Program, walk } from './syntax.ts';

/** Names the worker sets up itself before the test runs. */
const PROVIDED: ReadonlySet<string> = new Set(['self', 'location', 'onmessage', 'onerror']);

/** The statements to put in front, and the scripts as one text. @throws SyntaxError */
export function joinScripts(scripts: readonly string[]): { head: string; code: string } {
  const joined = scripts.join('\n;\n');
  const ast = parseScript(joined);
  const viaGlobal = new Set([...joined.matchAll(/\b(?:self|globalThis|window)\s*(?:\.\s*|\[\s*["'])([A-Za-z_$][\w$]*)/g)].map(([, name]) => name));
  const edits: Edit[] = [];
  const mirrored = new Set<string>();
  for (const node of ast.body) {
    if (node.type === 'FunctionDeclaration' && viaGlobal.has(node.id.name)) mirrored.add(node.id.name);
    if (node.type !== 'VariableDeclaration' || node.kind !== 'var') continue;
    for (const { id, init } of node.declarations) {
      if (id.type === 'Identifier' && init && viaGlobal.has(id.name)) edits.push([init.start, init.start, `globalThis.${id.name} = `]);
    }
  }
  const head = [
    ...[...undeclaredNames(ast)].filter((name) => !PROVIDED.has(name)).map((name) => `if (!("${name}" in globalThis)) globalThis.${name} = undefined;`),
    ...[...mirrored].map((name) => `globalThis.${name} = ${name};`),
    `expressions({ __proto__: null, ${idlExpressions(ast)
      .map((text) => `${JSON.stringify(text)}: () => (${text})`)
      .join(', ')} });`,
  ];
  return { head: head.join('\n'), code: applyEdits(joined, edits) ?? joined };
}

/** Strings inside calls of add_objects() that are expressions: the IDL harness evaluates them to get an instance. */
function idlExpressions(ast: Program): string[] {
  const found = new Set<string>();
  walk(ast, (call) => {
    if (call.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return;
    if (call.callee.property.type !== 'Identifier' || call.callee.property.name !== 'add_objects') return;
    walk(call, (node) => {
      if (node.type === 'Literal' && typeof node.value === 'string') found.add(node.value);
      if (node.type === 'TemplateLiteral' && node.expressions.length === 0) found.add(node.quasis[0]?.value.cooked ?? '');
    });
  });
  return [...found].filter((text) => {
    try {
      parseScript(`(${text})`);
      return true;
    } catch {
      return false;
    }
  });
}

/** Names that are assigned somewhere where nothing around declares them. */
export function undeclaredNames(ast: Program): Set<string> {
  const found = new Set<string>();
  const visit = (node: AnyNode, outer: readonly ReadonlySet<string>[]): void => {
    const scopes = node.type === 'Program' || isFunction(node) ? [...outer, declaredIn(node)] : outer;
    for (const name of assignedBy(node)) if (!scopes.some((scope) => scope.has(name))) found.add(name);
    for (const child of childrenOf(node)) visit(child, scopes);
  };
  visit(ast, []);
  return found;
}

function* assignedBy(node: AnyNode): Iterable<string> {
  const target =
    node.type === 'AssignmentExpression'
      ? node.left
      : node.type === 'UpdateExpression'
        ? node.argument
        : node.type === 'ForInStatement' || node.type === 'ForOfStatement'
          ? node.left
          : undefined;
  if (target === undefined || target.type === 'VariableDeclaration') return;
  if (target.type === 'Identifier' || target.type === 'ObjectPattern' || target.type === 'ArrayPattern') {
    for (const { name } of boundNames(target)) yield name;
  }
}

/** What a script or function declares, blocks included: finer than that the tests are not. */
function declaredIn(scope: AnyNode): Set<string> {
  const names = new Set<string>();
  const add = (pattern: Parameters<typeof boundNames>[0]): void => {
    for (const { name } of boundNames(pattern)) names.add(name);
  };
  if (isFunction(scope)) {
    for (const parameter of scope.params) add(parameter);
    if (scope.type === 'FunctionExpression') add(scope.id);
  }
  const collect = (node: AnyNode): void => {
    for (const child of childrenOf(node)) {
      if (child.type === 'FunctionDeclaration' || child.type === 'ClassDeclaration') add(child.id);
      if (isFunction(child)) continue;
      if (child.type === 'VariableDeclarator') add(child.id);
      if (child.type === 'CatchClause') add(child.param);
      collect(child);
    }
  };
  collect(scope);
  return names;
}
