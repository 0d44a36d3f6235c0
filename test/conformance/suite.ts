/** A checkout of the Web Platform Tests, outside the repository: its files, and what a test says about itself. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What a test's `// META:` lines say. */
export type Meta = {
  readonly scripts: readonly string[];
  /** Query strings, each a run of its own; one empty one where the test names none. */
  readonly variants: readonly string[];
  readonly globals: readonly string[];
  readonly title: string | undefined;
  readonly isLong: boolean;
};

/** Served under another name by the suite's own server. */
const ALIASES: Readonly<Record<string, string>> = { 'resources/WebIDLParser.js': 'resources/webidl2/lib/webidl2.js' };

export class Suite {
  readonly #dir: string;
  readonly #texts = new Map<string, string | undefined>();

  constructor(dir: string) {
    this.#dir = dir;
    if (!existsSync(join(dir, 'resources/testharness.js')))
      throw new Error(`${dir} is no checkout of the Web Platform Tests: it has no resources/testharness.js`);
  }

  /** A file's text; undefined where there is none. */
  text(path: string): string | undefined {
    const real = ALIASES[path] ?? path;
    if (!this.#texts.has(real)) this.#texts.set(real, this.hasFile(real) ? readFileSync(join(this.#dir, real), 'utf8') : undefined);
    return this.#texts.get(real);
  }

  bytes(path: string): Buffer {
    return readFileSync(join(this.#dir, path));
  }

  hasFile(path: string): boolean {
    return statSync(join(this.#dir, path), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  /** All files below a folder, by their path in the suite. */
  files(prefix: string): string[] {
    const folder = join(this.#dir, prefix);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => posix.join(prefix, name))
      .sort();
  }
}

/** The file that a reference in a test means. Query and fragment are not part of it. */
export function resolveReference(from: string, reference: string): string {
  const path = reference.replace(/[?#].*$/s, '');
  return posix.normalize(path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(from), path));
}

/** Reads the comment lines at the top of a test. */
export function parseMeta(source: string): Meta {
  const found: [key: string, value: string][] = [];
  for (const line of source.split('\n')) {
    const match = /^\/\/\s*META:\s*(\w+)=(.*?)\s*$/.exec(line);
    if (match) found.push([match[1] ?? '', match[2] ?? '']);
    else if (!/^\s*(?:\/\/.*)?$/.test(line)) break;
  }
  const all = (name: string): string[] => found.filter(([key]) => key === name).map(([, value]) => value);
  const variants = all('variant');
  const [globals = 'window,dedicatedworker'] = all('global');
  return {
    scripts: all('script'),
    variants: variants.length > 0 ? variants : [''],
    globals: globals.split(','),
    title: all('title').at(-1),
    isLong: all('timeout').includes('long'),
  };
}
