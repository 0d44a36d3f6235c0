/**
 * A line typed by a person, rewritten so that V8 runs it as a script with everything people expect:
 * `await` at the top level, declarations that stay for the next line and may be made again, the value
 * of the last expression as the result.
 *
 * Declarations become variables of the global scope, the rest the body of an async function.
 */
import { type Pattern, type Program, parse } from 'acorn';

export type Rewritten = {
  /** A script whose value is a function that runs the line and returns a promise of its value. */
  code: string;
  /** Lines the rewriting put in front, to be taken off positions in stacks. */
  addedLines: number;
};

const OPTIONS = { ecmaVersion: 'latest', sourceType: 'module', allowAwaitOutsideFunction: true, allowReturnOutsideFunction: false } as const;

/**
 * Rewrites JavaScript (types already stripped).
 * @throws SyntaxError with acorn's message where it cannot be parsed
 */
export function rewrite(source: string): Rewritten {
  const { text, program } = parseLine(source);
  const names = new Set<string>();
  const edits: { start: number; end: number; text: string }[] = [];
  const functions: string[] = [];
  for (const node of program.body) {
    switch (node.type) {
      case 'ImportDeclaration':
        throw new SyntaxError('import statements cannot be used here: use await import(…)');
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
      case 'ExportAllDeclaration':
        throw new SyntaxError('export statements cannot be used here');
      case 'FunctionDeclaration':
        functions.push(node.id.name);
        break;
      case 'ClassDeclaration':
        names.add(node.id.name);
        edits.push({ start: node.start, end: node.start, text: `${node.id.name}=` }, { start: node.end, end: node.end, text: ';' });
        break;
      case 'VariableDeclaration': {
        for (const { id } of node.declarations) collectNames(id, names);
        // `let a, b = 1` → `a=void 0,(b = 1)`; parentheses keep a pattern from being a block.
        const parts = node.declarations.map(({ id, init }) =>
          init == null
            ? node.kind === 'var'
              ? ''
              : `${text.slice(id.start, id.end)}=void 0`
            : `(${text.slice(id.start, id.end)}=${text.slice(init.start, init.end)})`,
        );
        edits.push({ start: node.start, end: node.end, text: `${parts.filter((part) => part !== '').join(',')};` });
        break;
      }
    }
  }
  const last = program.body.at(-1);
  if (last?.type === 'ExpressionStatement') {
    // The statement's own semicolon is all that may follow the expression and its parentheses.
    const end = text[last.end - 1] === ';' ? last.end - 1 : last.end;
    edits.push({ start: last.start, end: last.start, text: 'return(' }, { start: end, end: last.end, text: ');' });
  }
  const declared = [...names, ...functions];
  const head = declared.length > 0 ? `var ${declared.join(',')};` : '';
  const hoisted = functions.map((name) => `globalThis.${name}=${name};`).join('');
  return { code: `${head}(async()=>{${hoisted}\n${apply(text, edits)}\n})`, addedLines: 1 };
}

/** Is the text the beginning of something longer: an open bracket, string or comment? */
export function isIncomplete(source: string): boolean {
  try {
    parse(source, OPTIONS);
    return false;
  } catch (error) {
    const { message, pos } = error as SyntaxError & { pos?: number };
    if (/^Unterminated (template|comment|regular)/.test(message)) return true;
    return message.startsWith('Unexpected token') && pos === source.trimEnd().length;
  }
}

/** `{a: 1}` is an object to whoever types it, not a block. */
const parseLine = (source: string): { text: string; program: Program } => {
  if (/^\s*\{/.test(source) && !/;\s*$/.test(source)) {
    try {
      const text = `(${source.trim()})`;
      return { text, program: parse(text, OPTIONS) };
    } catch {
      // A block after all.
    }
  }
  return { text: source, program: parse(source, OPTIONS) };
};

const collectNames = (pattern: Pattern, names: Set<string>): void => {
  switch (pattern.type) {
    case 'Identifier':
      names.add(pattern.name);
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties) collectNames(property.type === 'RestElement' ? property.argument : property.value, names);
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element !== null) collectNames(element, names);
      break;
    case 'RestElement':
      collectNames(pattern.argument, names);
      break;
    case 'AssignmentPattern':
      collectNames(pattern.left, names);
      break;
  }
};

const apply = (text: string, edits: { start: number; end: number; text: string }[]): string => {
  let result = text;
  for (const edit of edits.toSorted((a, b) => b.start - a.start || b.end - a.end)) {
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  }
  return result;
};
