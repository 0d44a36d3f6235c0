/**
 * Stack traces as the app's author knows them: the runtime's own frames taken out, positions mapped
 * back through the bundle's source maps.
 *
 * The stack's text comes from the tenant and may be anything; it is treated as text, line by line.
 */
import { errorLine } from '../base/error-line.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { SourcePositions } from './source-positions.ts';

/** "    at f (index.js:1:2)" or "    at index.js:1:2" */
const FRAME = /^(\s+at (?:.*? \()?)([^\s()]+):(\d+):(\d+)(\)?)$/;
/** Frames that are not the tenant's. */
const OWN = /\(?(?:nano:|<isolated-vm|node:|file:\/\/\/)[^\n]*$/;
/** The same in text, which may quote stacks of other programs. */
const RUNTIME = /\(?(?:nano:|<isolated-vm)[^\n]*$/;
/** Behind the last frame of an error that is shown with its properties. */
const OPEN = ' {';
const MAX_LINES = 50;
/** Characters of a name, a message and a stack that anybody gets to see: an app may throw megabytes, again and again. */
const LONGEST_NAME = 256;
const LONGEST_TEXT = 64 * 1024;

export class StackMapper {
  readonly #modules: Bundle['modules'];
  readonly #maps = new Map<string, SourcePositions | undefined>();

  constructor(bundle: Pick<Bundle, 'modules'>) {
    this.#modules = bundle.modules;
  }

  /** An exception with its stack mapped, and what is too long cut. */
  describe(name: string, message: string, stack: string): { name: string; message: string; stack: string } {
    const error = { name: name.slice(0, LONGEST_NAME), message: message.slice(0, LONGEST_TEXT) };
    return { ...error, stack: stack === '' ? errorLine(error) : this.map(stack.slice(0, LONGEST_TEXT)) };
  }

  map(stack: string): string {
    return this.#lines(stack.split('\n', MAX_LINES), OWN);
  }

  /** Text that an app has written, and values that are shown: stacks may be anywhere in it. */
  mapText(text: string): string {
    return /^ {4,}at /m.test(text) ? this.#lines(text.split('\n'), RUNTIME) : text;
  }

  #lines(lines: readonly string[], own: RegExp): string {
    const kept: string[] = [];
    for (const line of lines) {
      const open = line.endsWith(OPEN) ? OPEN : '';
      const text = open === '' ? line : line.slice(0, -OPEN.length);
      const frame = FRAME.exec(text);
      if (frame === null ? /^\s+at /.test(text) && own.test(text) : own.test(frame[2] as string)) {
        // What the frame opened is closed further down.
        if (open !== '') kept.push(`${kept.pop() ?? ''}${open}`);
      } else if (frame === null) kept.push(line);
      else kept.push(`${frame[1]}${this.#position(frame[2] as string, Number(frame[3]), Number(frame[4]))}${frame[5]}${open}`);
    }
    return kept.join('\n');
  }

  #position(file: string, row: number, column: number): string {
    const found = this.#map(file)?.find(row - 1, column - 1);
    return found === undefined ? `${file}:${row}:${column}` : `${found.source}:${found.line + 1}:${found.column + 1}`;
  }

  /** Read and parsed on first use: most apps never throw. Of a file that is no module nothing is kept: a stack may name any. */
  #map(file: string): SourcePositions | undefined {
    if (this.#maps.has(file)) return this.#maps.get(file);
    const module = this.#modules.find(({ name }) => name === file);
    if (module === undefined) return undefined;
    let map: SourcePositions | undefined;
    try {
      const text = module.map;
      if (text !== undefined) map = new SourcePositions(text);
    } catch {
      // A source map is a convenience: a bad one costs the mapping only.
    }
    this.#maps.set(module.name, map);
    return map;
  }

  /** Files whose maps have been looked for. */
  get size(): number {
    return this.#maps.size;
  }
}
