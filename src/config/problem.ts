/**
 * What is wrong with a configuration, as a value: where (file, line, column, key), what, which values are
 * allowed, what to do. Warnings are problems that were survived; errors are thrown together as one ConfigError.
 */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import { visible } from '../base/visible.ts';

export interface ProblemFields {
  readonly severity: 'error' | 'warning';
  /** What is wrong, as a sentence without the place. */
  readonly message: string;
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
  /** 1-based. */
  readonly column?: number | undefined;
  /** Path of the key, as in `env.staging.routes[0].pattern`. */
  readonly key?: string | undefined;
  /** The allowed values, where they can be listed. */
  readonly allowed?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The line of the file in question. */
  readonly excerpt?: string | undefined;
}

export interface FormatOptions {
  readonly colour?: boolean | undefined;
  /** Files are shown relative to this folder. Default: the current one. */
  readonly cwd?: string | undefined;
}

export class Problem implements ProblemFields {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly key: string | undefined;
  readonly allowed: string | undefined;
  readonly hint: string | undefined;
  readonly excerpt: string | undefined;

  constructor(fields: ProblemFields) {
    this.severity = fields.severity;
    this.message = fields.message;
    this.file = fields.file;
    this.line = fields.line;
    this.column = fields.column;
    this.key = fields.key;
    this.allowed = fields.allowed;
    this.hint = fields.hint;
    this.excerpt = fields.excerpt;
    Object.freeze(this);
  }

  /** For a terminal, which nothing in it can steer: one line that says it all, then the excerpt, the allowed values and the advice. */
  format(options: FormatOptions = {}): string {
    const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
      options.colour === true ? styleText(style, text, { validateStream: false }) : text;
    const head = [paint(['bold', this.severity === 'error' ? 'red' : 'yellow'], `${this.severity}:`)];
    const place = this.#place(options.cwd ?? process.cwd());
    if (place !== '') head.push(paint('bold', `${visible(place)}:`));
    if (this.key !== undefined && this.key !== '' && !this.message.includes(`"${this.key}"`)) head.push(`"${visible(this.key)}":`);
    const [first = '', ...rest] = visible(this.message).split('\n');
    const lines = [`${head.join(' ')} ${first}`, ...rest.map((line) => `  ${line}`)];
    if (this.excerpt !== undefined && this.line !== undefined)
      lines.push(...excerptLines(this.excerpt, this.line, this.column).map((line) => paint('dim', visible(line))));
    if (this.allowed !== undefined) lines.push(`  allowed: ${visible(this.allowed)}`);
    if (this.hint !== undefined)
      lines.push(
        ...visible(this.hint)
          .split('\n')
          .map((line, index) => `  ${index === 0 ? 'fix: ' : '     '}${line}`),
      );
    return lines.join('\n');
  }

  #place(cwd: string): string {
    if (this.file === undefined) return '';
    const path = relative(cwd, this.file);
    const shown = path === '' || path.startsWith('..') ? this.file : path;
    if (this.line === undefined) return shown;
    return this.column === undefined ? `${shown}:${this.line}` : `${shown}:${this.line}:${this.column}`;
  }
}

const EXCERPT_WIDTH = 160;

function excerptLines(text: string, line: number, column: number | undefined): string[] {
  const number = String(line);
  const lines = [`  ${number} | ${text.slice(0, EXCERPT_WIDTH)}`];
  if (column !== undefined && column <= EXCERPT_WIDTH) {
    // Tabs are kept as they are, so that the mark stands under its column.
    const pad = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
    lines.push(`  ${' '.repeat(number.length)} | ${pad}^`);
  }
  return lines;
}

/** A configuration that cannot be used. `problems` has every error found, in the order of the file, at least one. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) : 0));
    super(sorted.map((problem) => problem.format()).join('\n'));
    this.name = 'ConfigError';
    this.problems = Object.freeze(sorted);
  }

  /** The place of the first problem. */
  get file(): string | undefined {
    return this.problems[0]?.file;
  }
  get line(): number | undefined {
    return this.problems[0]?.line;
  }
  get column(): number | undefined {
    return this.problems[0]?.column;
  }
  get key(): string | undefined {
    return this.problems[0]?.key;
  }

  format(options: FormatOptions = {}): string {
    return this.problems.map((problem) => problem.format(options)).join('\n\n');
  }
}

/** A ConfigError of one problem. */
export function configError(fields: Omit<ProblemFields, 'severity'>): ConfigError {
  return new ConfigError([new Problem({ severity: 'error', ...fields })]);
}
