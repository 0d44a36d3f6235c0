/**
 * A configuration file, read and parsed, that knows where each key stands.
 *
 * Contract: every failure is a ConfigError with file and, where there is one, line, column and excerpt. The
 * value is an object without `__proto__` keys, not deeper than MAX_DEPTH.
 */
import { lstatSync } from 'node:fs';
import { extname } from 'node:path';
import { findNodeAtLocation, getLocation, type Node, type ParseError, parseTree, printParseErrorCode, stripComments } from 'jsonc-parser';
import { parse as parseToml, TomlError } from 'smol-toml';
import { OddFileError, readRegularFileSync } from '../base/regular-file.ts';
import { configError, Problem, type ProblemFields } from './problem.ts';
import { locateTomlKey } from './toml-keys.ts';

export type KeyPath = readonly (string | number)[];
export type Position = Readonly<{ line: number; column: number }>;

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 100;

/** `['env', 'a', 'routes', 0]` as `env.a.routes[0]`. */
export function formatKey(path: KeyPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

export class ConfigDocument {
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** What the format lets pass, and is a mistake all the same. */
  readonly warnings: readonly Problem[];
  readonly #lines: readonly string[];
  readonly #locate: (key: KeyPath) => Position | undefined;

  constructor(
    path: string,
    value: Readonly<Record<string, unknown>>,
    text: string,
    locate: (key: KeyPath) => Position | undefined,
    warnings: readonly Problem[] = [],
  ) {
    this.path = path;
    this.warnings = warnings;
    this.value = value;
    this.#lines = text.split(/\r?\n/);
    this.#locate = locate;
  }

  /** A problem at a key of this file; where the key does not exist, at the nearest one above it, or else at the first line. */
  problem(severity: 'error' | 'warning', key: KeyPath, message: string, more: Pick<ProblemFields, 'allowed' | 'hint'> = {}): Problem {
    let position: Position | undefined;
    for (let length = key.length; length > 0 && position === undefined; length--) position = this.#locate(key.slice(0, length));
    const excerpt = position === undefined ? undefined : this.#lines[position.line - 1];
    return new Problem({ severity, file: this.path, line: position?.line ?? 1, column: position?.column ?? 1, key: formatKey(key), message, excerpt, ...more });
  }
}

/** Reads a .json, .jsonc or .toml file. An empty file is an error: it is always a mistake. */
export function readDocument(path: string, example = APP_EXAMPLE): ConfigDocument {
  const text = readConfigText(path);
  const format = extname(path) === '.toml' ? 'toml' : 'jsonc';
  const document = format === 'toml' ? tomlDocument(path, text) : jsoncDocument(path, text, example);
  checkShape(document, document.value, []);
  return document;
}

/** The text of a file; failures of the file system become a ConfigError that says what to do. */
function readConfigText(path: string): string {
  try {
    return readRegularFileSync(path, MAX_BYTES)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof OddFileError) throw configError({ file: path, ...oddFile(error) });
    throw isSystemError(error) ? configError({ file: path, ...fileFailure(error.code) }) : error;
  }
}

/** As readConfigText, but undefined where there is no such file. */
export function readOptionalText(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readConfigText(path);
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

function oddFile({ size }: OddFileError): Pick<ProblemFields, 'message' | 'hint'> {
  if (size === undefined) return { message: 'This is no regular file.', hint: 'Put a file there, not a pipe or a device.' };
  return { message: `The file has ${size} bytes; a configuration file may have ${MAX_BYTES}.`, hint: 'Check that this is the file you mean.' };
}

function fileFailure(code: string): Pick<ProblemFields, 'message' | 'hint'> {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { message: 'There is no such file.', hint: 'Check the path.' };
    case 'ELOOP':
      return { message: 'The path goes round in a circle of symbolic links.', hint: 'Remove one of the links, or point it at a real file.' };
    case 'EISDIR':
      return { message: 'This is a folder, not a file.', hint: 'Name the file itself.' };
    case 'EACCES':
    case 'EPERM':
      return { message: 'The file cannot be read: permission denied.', hint: 'Give the user that runs nano the right to read it.' };
    default:
      return { message: `The file cannot be read (${code}).` };
  }
}

function jsoncDocument(path: string, text: string, example: string): ConfigDocument {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  let value: unknown;
  try {
    root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
    value = root === undefined ? undefined : nodeValue(root);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(path);
    throw error;
  }
  const first = errors[0];
  if (root === undefined && stripComments(text).trim() === '') throw emptyFile(path, example);
  if (first !== undefined) {
    const position = positionAt(text, first.offset);
    const near = getLocation(text, first.offset).path;
    throw configError({
      file: path,
      ...position,
      key: formatKey(near.filter((part) => part !== '')),
      message: `This is not valid JSON: ${JSON_ERRORS[printParseErrorCode(first.error)] ?? printParseErrorCode(first.error)}.`,
      excerpt: text.split(/\r?\n/)[position.line - 1],
      hint: 'Comments and trailing commas are allowed; names and strings need double quotes.',
    });
  }
  if (!isObject(value))
    throw configError({ file: path, line: 1, message: `The file holds ${kind(value)} where an object is expected.`, hint: 'Write { … } around the keys.' });
  const tree = root;
  const locate = (key: KeyPath): Position | undefined => {
    const node = tree && findNodeAtLocation(tree, [...key]);
    // A property is marked where its name stands, an array element where it starts.
    const at = node?.parent?.type === 'property' ? node.parent : node;
    return at && positionAt(text, at.offset);
  };
  return new ConfigDocument(path, value, text, locate, tree === undefined ? [] : repeatedKeys(path, text, tree));
}

/** Keys that an object has more than once. JSON does not forbid it, and the last one counts. */
function repeatedKeys(path: string, text: string, root: Node): Problem[] {
  const problems: Problem[] = [];
  const visit = (node: Node, place: KeyPath): void => {
    if (node.type === 'array') for (const [at, child] of (node.children ?? []).entries()) visit(child, [...place, at]);
    if (node.type !== 'object') return;
    const seen = new Map<string, Node>();
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) continue;
      const name = String(key.value);
      const here = [...place, name];
      const before = seen.get(name);
      if (before !== undefined) {
        const position = positionAt(text, property.offset);
        problems.push(
          new Problem({
            severity: 'warning',
            file: path,
            ...position,
            key: formatKey(here),
            message: `The key "${name}" stands here twice: line ${positionAt(text, before.offset).line} has no effect.`,
            excerpt: text.split(/\r?\n/)[position.line - 1],
            hint: 'Put the two together, or remove one.',
          }),
        );
      }
      seen.set(name, property);
      visit(value, here);
    }
  };
  visit(root, []);
  return problems;
}

const JSON_ERRORS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word stands here that is not a JSON value',
  InvalidNumberFormat: 'the number is malformed',
  PropertyNameExpected: 'a key in double quotes is expected',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a colon is expected after the key',
  CommaExpected: 'a comma is missing before this',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'there is more after the end of the object',
  UnexpectedEndOfComment: 'a comment is not closed',
  UnexpectedEndOfString: 'a string is not closed',
  UnexpectedEndOfNumber: 'the number is not complete',
  InvalidUnicode: 'a \\u escape is malformed',
  InvalidEscapeCharacter: 'an escape in a string is not known',
  InvalidCharacter: 'a control character must be escaped',
};

/** Own version of getNodeValue: that one assigns, so that a key `__proto__` would vanish. */
function nodeValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(nodeValue);
  if (node.type !== 'object') return node.value;
  const object: Record<string, unknown> = {};
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key !== undefined && value !== undefined)
      Object.defineProperty(object, key.value, { value: nodeValue(value), enumerable: true, configurable: true, writable: true });
  }
  return object;
}

function tomlDocument(path: string, text: string): ConfigDocument {
  if (text.split('\n').every((line) => /^\s*(?:#|$)/.test(line))) throw emptyFile(path, 'name = "my-app"');
  try {
    const value = parseToml(text);
    return new ConfigDocument(path, value, text, (key) => locateTomlKey(text, key));
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(path);
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    throw configError({
      file: path,
      line: error.line,
      column: error.column,
      message: `This is not valid TOML: ${reason}.`,
      excerpt: text.split(/\r?\n/)[error.line - 1],
    });
  }
}

const APP_EXAMPLE = '{ "name": "my-app", "main": "src/index.ts" }';

function emptyFile(path: string, example: string): Error {
  return configError({
    file: path,
    line: 1,
    message: 'The file is empty.',
    hint: `Write at least ${example}, or remove the file.`,
  });
}

function tooDeep(path: string): Error {
  return configError({ file: path, message: `Values are nested more than ${MAX_DEPTH} deep.`, hint: 'Make the configuration flatter.' });
}

function checkShape(document: ConfigDocument, value: unknown, path: KeyPath): void {
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  if (path.length > MAX_DEPTH) throw tooDeep(document.path);
  for (const key of Object.keys(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === '__proto__')
      throw configError({ ...document.problem('error', here, 'A key may not be called "__proto__".', { hint: 'Choose another name.' }) });
    checkShape(document, (value as Record<string, unknown>)[key], here);
  }
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The kind of a value as a person would say it: "a string", "null", "an array". */
export function kind(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a date';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
