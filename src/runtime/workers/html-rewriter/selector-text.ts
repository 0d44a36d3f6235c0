/**
 * The tokens of CSS that selectors are made of, read from a string one by one.
 *
 * Contract: a block that is not closed at the end of the text is closed there, as CSS has it.
 * @see https://drafts.csswg.org/css-syntax/#tokenization
 */
import {
  NumberParseInt,
  RegExpPrototypeExec,
  StringFromCodePoint,
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
} from '../../primordials.ts';
import { parserError } from './parser-error.ts';

const HEX = /^[0-9a-fA-F]{1,6}/;

const isNameStart = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95 || unit >= 128;
const isName = (unit: number): boolean => isNameStart(unit) || (unit >= 48 && unit <= 57) || unit === 45;

export const unexpectedToken = (): TypeError => parserError('Unexpected token in selector.');
export const unexpectedEnd = (): TypeError => parserError('Unexpected end of selector.');

export class SelectorText {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character; the empty string at the end. */
  peek(offset = 0): string {
    return StringPrototypeSlice(this.text, this.at + offset, this.at + offset + 1);
  }

  isAtEnd(): boolean {
    this.skipComments();
    return this.at >= this.text.length;
  }

  /** Takes `literal` if it is next. */
  take(literal: string): boolean {
    if (StringPrototypeSlice(this.text, this.at, this.at + literal.length) !== literal) return false;
    this.at += literal.length;
    return true;
  }

  skipComments(): void {
    while (this.take('/*')) {
      const end = StringPrototypeIndexOf(this.text, '*/', this.at);
      this.at = end < 0 ? this.text.length : end + 2;
    }
  }

  /** @returns whether there was any; a comment is none */
  skipSpace(): boolean {
    let isAny = false;
    for (;;) {
      this.skipComments();
      const next = this.peek();
      if (next !== ' ' && next !== '\t' && next !== '\n' && next !== '\r' && next !== '\f') return isAny;
      isAny = true;
      this.at++;
    }
  }

  #isEscape(offset: number): boolean {
    if (this.peek(offset) !== '\\') return false;
    const next = this.peek(offset + 1);
    return next !== '\n' && next !== '\r' && next !== '\f';
  }

  #isNameStart(offset: number): boolean {
    return isNameStart(StringPrototypeCharCodeAt(this.text, this.at + offset)) || this.#isEscape(offset);
  }

  /** @see https://drafts.csswg.org/css-syntax/#would-start-an-identifier */
  isIdent(): boolean {
    if (this.peek() !== '-') return this.#isNameStart(0);
    return this.peek(1) === '-' || this.#isNameStart(1);
  }

  /** An identifier, its escapes resolved; null where none is next. */
  ident(): string | null {
    return this.isIdent() ? this.name() : null;
  }

  /** A name: what follows a number sign need not start as an identifier does. */
  name(): string {
    let out = '';
    for (;;) {
      if (isName(StringPrototypeCharCodeAt(this.text, this.at))) out += StringPrototypeSlice(this.text, this.at, ++this.at);
      else if (this.#isEscape(0)) out += this.#escape();
      else return out;
    }
  }

  /** @see https://drafts.csswg.org/css-syntax/#consume-escaped-code-point */
  #escape(): string {
    this.at++;
    if (this.peek() === '') return '\ufffd';
    const match = RegExpPrototypeExec(HEX, StringPrototypeSlice(this.text, this.at, this.at + 6));
    if (match === null) {
      // A pair of surrogates needs no care: its second half is part of a name by itself.
      return StringPrototypeSlice(this.text, this.at, ++this.at);
    }
    const digits = match[0];
    this.at += digits.length;
    if (!this.take('\r\n') && this.peek() !== '' && StringPrototypeIndexOf(' \t\n\r\f', this.peek()) >= 0) this.at++;
    const point = NumberParseInt(digits, 16);
    return point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? '\ufffd' : StringFromCodePoint(point);
  }

  /** A quoted string; null where none is next. Throws where a line ends in it. */
  string(): string | null {
    const quote = this.peek();
    if (quote !== '"' && quote !== "'") return null;
    this.at++;
    let out = '';
    for (;;) {
      const next = this.peek();
      if (next === '' || this.take(quote)) return out;
      if (next === '\n' || next === '\r' || next === '\f') throw parserError('Unexpected token in the attribute selector.');
      if (next !== '\\') {
        out += next;
        this.at++;
      } else if (this.peek(1) !== '' && this.#isEscape(0)) out += this.#escape();
      else {
        // An escaped line end, or a backslash at the end: nothing.
        this.at++;
        if (!this.take('\r\n')) this.at++;
      }
    }
  }
}
