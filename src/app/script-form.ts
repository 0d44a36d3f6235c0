/**
 * A bundle of one ES module as a classic script, so that V8's code cache works for it.
 *
 * isolated-vm compiles modules without ever consuming the cache it is given; for scripts it does, and
 * the cache is most of a large bundle's cold start. The script's value is a function that gets the
 * modules it imports and returns its exports.
 *
 * What a bundle must be like: one ES module, importing nothing but built-in and data modules (whose
 * exports never change), without top-level await. Everything else is run as modules.
 *
 * Lines and columns are kept, but for one line in front: see `ADDED_LINES`.
 */
import { init, parse } from 'es-module-lexer';

type ExportSpecifier = ReturnType<typeof parse>[1][number];

/** Lines in front of the module's own. */
export const ADDED_LINES = 1;

const IMPORT_NAME = '__nanoImport';

/**
 * The module as a script; undefined where it cannot be one.
 * @param source of an ES module, as esbuild prints it
 * @param resolve the name of the module a specifier means; undefined where a script cannot import it
 */
export async function toScript(source: string, resolve: (specifier: string) => string | undefined): Promise<string | undefined> {
  await init;
  if (source.includes(IMPORT_NAME)) return undefined;
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(source);
  } catch {
    return undefined;
  }
  const [imports, exports] = parsed;
  const edits: { start: number; end: number; text: string }[] = [];
  let hoisted = '';
  for (const one of imports) {
    // Dynamic imports and import.meta have been rewritten by the builder; what is left cannot be run here.
    if (one.type !== 'static' || one.specifier === undefined) return undefined;
    const { importStart: start, importEnd: end } = one;
    const name = resolve(one.specifier);
    const text = name === undefined ? undefined : importToConst(source.slice(start, end), name);
    if (text === undefined) return undefined;
    // Imports come before everything else, wherever they stand.
    hoisted += `${text};`;
    edits.push({ start, end, text: keepLines(source.slice(start, end), '') });
  }
  const returned: string[] = [];
  for (const statement of exportStatements(source, exports)) {
    edits.push({ start: statement.start, end: statement.end, text: keepLines(source.slice(statement.start, statement.end), '') });
    returned.push(...statement.pairs);
  }
  // An export in another form than a list (export const …) is not what the builder makes.
  if (returned.length !== exports.length) return undefined;
  let body = source;
  for (const edit of edits.toSorted((a, b) => b.start - a.start)) body = body.slice(0, edit.start) + edit.text + body.slice(edit.end);
  return `(function(${IMPORT_NAME}){"use strict";${hoisted}\n${body}\n;return{__proto__:null,${returned.join(',')}}})`;
}

/** `import a, { b as c } from "x"` as `const` declarations; undefined for a form that is not known. */
const importToConst = (statement: string, name: string): string | undefined => {
  const call = `${IMPORT_NAME}(${JSON.stringify(name)})`;
  const match = /^import\s*(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)|\{([^}]*)\})?\s*from\s*["'`]/.exec(statement);
  if (match === null) return /^import\s*["']/.test(statement) ? call : undefined;
  const [, byDefault, namespace, list] = match;
  const names: string[] = [];
  if (byDefault !== undefined) names.push(`default:${byDefault}`);
  for (const part of list === undefined ? [] : list.split(',')) {
    const pair = /^\s*(?:([\w$]+|"[^"]*")\s+as\s+)?([\w$]+)\s*$/.exec(part);
    if (pair === null) {
      if (part.trim() === '') continue;
      return undefined;
    }
    names.push(`${pair[1] ?? pair[2]}:${pair[2]}`);
  }
  if (namespace !== undefined) return byDefault === undefined ? `const ${namespace}=${call}` : undefined;
  return `const{${names.join(',')}}=${call}`;
};

/** The `export { a as b, … }` statements of a module, each with its pairs as members of an object literal; none for other forms. */
const exportStatements = (source: string, exports: readonly ExportSpecifier[]): { start: number; end: number; pairs: string[] }[] => {
  const statements: { start: number; end: number; pairs: string[] }[] = [];
  for (const one of exports) {
    if (one.type !== 'direct' || one.localName === undefined) return [];
    const pair = `${JSON.stringify(one.name)}:${one.localName}`;
    const known = statements.at(-1);
    if (known !== undefined && known.start === one.exportStart) {
      known.pairs.push(pair);
      continue;
    }
    const list = /^export\s*\{[^}]*\}/.exec(source.slice(one.exportStart));
    // `export { a } from "x"` is an import as well.
    if (list === null || /^\s*from\b/.test(source.slice(one.exportStart + list[0].length))) return [];
    statements.push({ start: one.exportStart, end: one.exportStart + list[0].length, pairs: [pair] });
  }
  return statements;
};

/** As many line breaks as there were, so that what follows stays on its line. */
const keepLines = (before: string, after: string): string => after + '\n'.repeat(before.split('\n').length - 1);
