/**
 * What a doctype says.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#doctype-state
 */
import { DOUBLE_QUOTE, SINGLE_QUOTE, asciiLower, isSpace, wordAt } from './ascii.ts';
import { Unit, type Window } from './units.ts';

/** The length of `<!DOCTYPE`. */
const KEYWORD = 9;

export class DoctypeUnit extends Unit {
  name: string | null = null;
  publicId: string | null = null;
  systemId: string | null = null;
  #at: number;
  /** Where what belongs to it ends. */
  #last: number;

  /** @param isClosed does it end with ">", or with the document? */
  constructor(window: Window, start: number, end: number, isClosed: boolean) {
    super(window, start, end);
    this.#last = isClosed ? end - 1 : end;
    this.#at = start + KEYWORD;
    this.#read();
  }

  #read(): void {
    const { bytes } = this.window;
    this.#skipSpace();
    const from = this.#at;
    while (this.#at < this.#last && !isSpace(bytes[this.#at] as number)) this.#at++;
    if (this.#at === from) return;
    this.name = asciiLower(this.decode(from, this.#at));
    this.#skipSpace();
    const isPublic = wordAt(bytes, this.#at, this.#last, 'public') === 1;
    if (!isPublic && wordAt(bytes, this.#at, this.#last, 'system') !== 1) return;
    this.#at += 6;
    const first = this.#quoted();
    if (!isPublic) {
      this.systemId = first;
      return;
    }
    this.publicId = first;
    if (first !== null) this.systemId = this.#quoted();
  }

  #skipSpace(): void {
    const { bytes } = this.window;
    while (this.#at < this.#last && isSpace(bytes[this.#at] as number)) this.#at++;
  }

  /** A quoted identifier, which a missing quote ends no later than the doctype. */
  #quoted(): string | null {
    const { bytes } = this.window;
    this.#skipSpace();
    const quote = bytes[this.#at];
    if (this.#at >= this.#last || (quote !== DOUBLE_QUOTE && quote !== SINGLE_QUOTE)) return null;
    const from = ++this.#at;
    while (this.#at < this.#last && bytes[this.#at] !== quote) this.#at++;
    return this.decode(from, this.#at++);
  }
}
