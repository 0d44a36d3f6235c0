/**
 * Stack traces as the app's author knows them: the runtime's own frames taken out, positions mapped
 * back through the bundle's source maps.
 *
 * The stack's text comes from the tenant and may be anything; it is treated as text, line by line.
 */
import { SourceMap } from 'node:module';
import type { Bundle } from '../protocol/bundle.ts';

/** "    at f (index.js:1:2)" or "    at index.js:1:2" */
const FRAME = /^(\s+at (?:.*? \()?)([^\s()]+):(\d+):(\d+)(\)?)$/;
/** Frames that are not the tenant's. */
const OWN = /\(?(?:nano:|<isolated-vm|node:|file:\/\/\/)[^\n]*$/;
const MAX_LINES = 50;

export class StackMapper {
  readonly #texts = new Map<string, string>();
  readonly #maps = new Map<string, SourceMap | undefined>();

  constructor(bundle: Pick<Bundle, 'modules'>) {
    for (const module of bundle.modules) if (module.map !== undefined) this.#texts.set(module.name, module.map);
  }

  /** An exception with its stack mapped. */
  describe(name: string, message: string, stack: string): { name: string; message: string; stack: string } {
    return { name, message, stack: this.map(stack) };
  }

  map(stack: string): string {
    const lines: string[] = [];
    for (const line of stack.split('\n', MAX_LINES)) {
      const frame = FRAME.exec(line);
      if (frame === null) {
        if (!/^\s+at /.test(line) || !OWN.test(line)) lines.push(line);
        continue;
      }
      const [, head = '', file = '', row = '', column = '', tail = ''] = frame;
      if (OWN.test(file)) continue;
      lines.push(`${head}${this.#position(file, Number(row), Number(column))}${tail}`);
    }
    return lines.join('\n');
  }

  #position(file: string, row: number, column: number): string {
    const entry = this.#map(file)?.findEntry(row - 1, column - 1) as { originalSource?: string; originalLine?: number; originalColumn?: number } | undefined;
    if (entry?.originalSource === undefined || entry.originalLine === undefined) return `${file}:${row}:${column}`;
    return `${entry.originalSource}:${entry.originalLine + 1}:${(entry.originalColumn ?? 0) + 1}`;
  }

  /** Parsed on first use: most apps never throw. */
  #map(file: string): SourceMap | undefined {
    if (!this.#maps.has(file)) {
      const text = this.#texts.get(file);
      let map: SourceMap | undefined;
      try {
        if (text !== undefined) map = new SourceMap(JSON.parse(text));
      } catch {
        // A source map is a convenience: a bad one costs the mapping only.
      }
      this.#maps.set(file, map);
    }
    return this.#maps.get(file);
  }
}
