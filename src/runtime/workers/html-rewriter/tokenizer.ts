/**
 * The tokenizer: finds the pieces of a document in its bytes, however they come cut into chunks.
 *
 * Contract: `run` works through the window until a handler has to be waited for, or until more input is
 * needed. Its state is always complete before it calls the sink, so that it can be run again after a wait.
 * What is cut by the end of the window is either kept, from `start` on, or, where nobody wants to see it,
 * passed through at once; no byte is looked at twice because of it, so that single bytes cost no more than
 * large chunks. Nothing is decoded or changed here.
 *
 * @see https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */
import { BANG, DOUBLE_QUOTE, EQUALS, GREATER, LESS, LOWER, SINGLE_QUOTE, SLASH, findByte, isLowerLetter, isSpace, wordAt } from './ascii.ts';
import { commentEnd } from './comment-state.ts';
import { hashStep } from './tag-names.ts';
import { scriptText } from './script-text.ts';

/** What the sink may have to be waited for. */
export type Wait = Promise<unknown> | undefined;

export const DATA = 0;
export const RAW_TEXT = 1;
export const SCRIPT_TEXT = 2;
export const PLAIN_TEXT = 3;
export const CDATA = 4;
const TAG_NAME = 5;
const TAG = 6;
const DECLARATION = 7;
const COMMENT = 8;
const BOGUS = 9;
const DOCTYPE = 10;

// Where in a tag, behind its name.
const BEFORE_ATTRIBUTE = 0;
const SLASHED = 1;
const ATTRIBUTE_NAME = 2;
const AFTER_NAME = 3;
const BEFORE_VALUE = 4;
const DOUBLE_QUOTED = 5;
const SINGLE_QUOTED = 6;
const UNQUOTED = 7;

/** What the tokenizer tells of. Ranges are of the window. */
export interface TokenSink {
  /** Are text, comments and doctypes wanted? */
  readonly capturesText: boolean;
  readonly capturesComments: boolean;
  readonly capturesDoctypes: boolean;
  readonly allowsCdata: boolean;
  /** Where text that reaches the end of the window can be cut. */
  textEnd(start: number, end: number): number;
  text(start: number, end: number): Wait;
  /** The text node is over, if one is open. */
  endText(at: number): Wait;
  nameOf(hash: number, start: number, end: number, isEndTag: boolean): number;
  /** Must this tag be kept until it is there as a whole? */
  keepsTag(id: number, isEndTag: boolean): boolean;
  startTag(token: Tokenizer): Wait;
  endTag(token: Tokenizer): Wait;
  comment(start: number, end: number, textStart: number, textEnd: number): Wait;
  doctype(start: number, end: number, isClosed: boolean): Wait;
}

export class Tokenizer {
  readonly #sink: TokenSink;
  bytes: Uint8Array;
  end = 0;
  isLast = false;
  /** What comes next. */
  pos = 0;
  /** From here on the window is still needed. */
  start = 0;
  mode = DATA;
  /** The name whose end tag ends the text, in RAW_TEXT. */
  rawId = 0;
  /** Of scripts: 0, or 1 within a comment, or 2 within a script within a comment; and the dashes just read. */
  escapes = 0;
  dashes = 0;
  // The tag being read; `start` is where it starts.
  isEndTag = false;
  nameStart = 0;
  nameEnd = 0;
  id = 0;
  selfClosing = false;
  #hash = 0;
  #state = 0;
  /** Of a comment, doctype or the like. */
  #textStart = 0;

  constructor(sink: TokenSink, bytes: Uint8Array) {
    this.#sink = sink;
    this.bytes = bytes;
  }

  /** The window has lost its first `count` bytes. */
  shift(count: number): void {
    this.pos -= count;
    this.start -= count;
    this.nameStart -= count;
    this.nameEnd -= count;
    this.#textStart -= count;
    this.end -= count;
  }

  run(): Wait {
    for (;;) {
      const result = this.#step();
      if (result === false) return undefined;
      if (result !== true) return result;
    }
  }

  /** @returns true: go on; false: more input is needed; else what to wait for before going on */
  #step(): boolean | Promise<unknown> {
    switch (this.mode) {
      case DATA:
        return this.#data();
      case RAW_TEXT:
        return this.#rawText();
      case SCRIPT_TEXT:
        return scriptText(this);
      case PLAIN_TEXT:
        return this.textTo(this.end);
      case CDATA:
        return this.#cdata();
      case TAG_NAME:
        return this.#tagName(this.pos);
      case TAG:
        return this.#restOfTag(this.pos);
      case DECLARATION:
        return this.#declaration();
      default:
        return this.#restOfComment();
    }
  }

  /** Text from where the parser is to `to`, which may be the end of the window. */
  textTo(to: number): boolean | Promise<unknown> {
    const { pos } = this;
    const atEnd = to === this.end && !this.isLast;
    if (to > pos && this.#sink.capturesText) {
      const cut = atEnd ? this.#sink.textEnd(pos, to) : to;
      this.pos = this.start = cut;
      if (cut > pos) {
        const wait = this.#sink.text(pos, cut);
        if (wait !== undefined) return wait;
      }
    } else this.pos = this.start = to;
    return to < this.end;
  }

  #data(): boolean | Promise<unknown> {
    const sink = this.#sink;
    const { bytes, end } = this;
    let i = this.pos;
    while (i < end) {
      if (bytes[i] !== LESS) {
        const found = findByte(bytes, LESS, i, end);
        if (sink.capturesText) {
          this.pos = i;
          return this.textTo(found);
        }
        i = found;
        if (i === end) break;
      }
      let name = i + 1;
      if (name === end) return this.#cut(i, 1);
      let first = bytes[name] as number;
      const isEndTag = first === SLASH;
      if (isEndTag) {
        name++;
        if (name === end) return this.#cut(i, 2);
        first = bytes[name] as number;
      }
      if (!isLowerLetter(LOWER[first] as number)) {
        this.pos = i;
        const result = this.#otherMarkup(i, first, isEndTag);
        if (result !== undefined) return result;
        i = this.pos;
        continue;
      }
      const wait = sink.endText(i);
      this.start = i;
      if (wait !== undefined) {
        this.pos = i;
        return wait;
      }
      this.isEndTag = isEndTag;
      this.nameStart = name;
      this.#hash = 0;
      const result = this.#tagName(name);
      if (result !== true || this.mode !== DATA) return result;
      i = this.pos;
    }
    this.pos = this.start = i;
    return false;
  }

  /** A less-than sign, and perhaps a slash, at the end of the window. */
  #cut(at: number, length: number): boolean | Promise<unknown> {
    this.pos = this.start = at;
    return this.isLast ? this.textTo(at + length) : false;
  }

  /** What starts with a less-than sign and is no tag. @returns undefined where it is over and DATA goes on at `pos` */
  #otherMarkup(at: number, first: number, isEndTag: boolean): boolean | Promise<unknown> | undefined {
    const isDeclaration = !isEndTag && first === BANG;
    const isQuestion = !isEndTag && first === 63;
    if (!isEndTag && !isDeclaration && !isQuestion) {
      // As Cloudflare does it, the sign is a chunk of its own.
      if (this.#sink.capturesText) return this.textTo(at + 1);
      this.pos = this.start = at + 1;
      return undefined;
    }
    this.start = at;
    const wait = this.#sink.endText(at);
    if (wait !== undefined) return wait;
    if (isEndTag && first === GREATER) {
      this.pos = this.start = at + 3;
      return undefined;
    }
    if (isDeclaration) this.mode = DECLARATION;
    else this.#startBogus(at, isEndTag ? 2 : 1);
    return true;
  }

  #startBogus(at: number, offset: number): void {
    this.mode = BOGUS;
    this.#textStart = this.pos = at + offset;
  }

  /** Goes on with a tag's name at `from`. */
  #tagName(from: number): boolean | Promise<unknown> {
    const { bytes, end } = this;
    let hash = this.#hash;
    let i = from;
    for (; i < end; i++) {
      const lower = LOWER[bytes[i] as number] as number;
      if (lower === 0) break;
      hash = hashStep(hash, lower);
    }
    if (i === end) {
      this.#hash = hash;
      return this.#cutTag(i, TAG_NAME);
    }
    this.nameEnd = i;
    this.id = this.#sink.nameOf(hash, this.nameStart, i, this.isEndTag);
    return this.#startAttributes(i);
  }

  /** The window ends in a tag. */
  #cutTag(at: number, mode: number): boolean {
    this.pos = at;
    this.mode = mode;
    // An unfinished tag at the end of the document is passed through.
    if (this.isLast) this.start = at;
    return false;
  }

  #startAttributes(from: number): boolean | Promise<unknown> {
    this.selfClosing = false;
    this.#state = BEFORE_ATTRIBUTE;
    return this.#restOfTag(from);
  }

  #restOfTag(from: number): boolean | Promise<unknown> {
    const end = this.#tagEnd(from);
    if (end < 0) {
      if (!this.#sink.keepsTag(this.id, this.isEndTag)) this.start = this.end;
      return this.#cutTag(this.end, TAG);
    }
    this.pos = end;
    this.mode = DATA;
    const wait = this.isEndTag ? this.#sink.endTag(this) : this.#sink.startTag(this);
    this.start = end;
    return wait ?? true;
  }

  /** Where the tag ends, or -1. */
  #tagEnd(from: number): number {
    const { bytes, end } = this;
    let state = this.#state;
    let i = from;
    while (i < end) {
      if (state === DOUBLE_QUOTED || state === SINGLE_QUOTED) {
        i = findByte(bytes, state === DOUBLE_QUOTED ? DOUBLE_QUOTE : SINGLE_QUOTE, i, end);
        if (i === end) break;
        i++;
        state = BEFORE_ATTRIBUTE;
        continue;
      }
      const byte = bytes[i++] as number;
      if (byte === GREATER) {
        this.selfClosing = state === SLASHED;
        return i;
      }
      switch (state) {
        case ATTRIBUTE_NAME:
          if (byte === EQUALS) state = BEFORE_VALUE;
          else if (byte === SLASH) state = SLASHED;
          else if (isSpace(byte)) state = AFTER_NAME;
          break;
        case BEFORE_VALUE:
          if (byte === DOUBLE_QUOTE) state = DOUBLE_QUOTED;
          else if (byte === SINGLE_QUOTE) state = SINGLE_QUOTED;
          else if (!isSpace(byte)) state = UNQUOTED;
          break;
        case UNQUOTED:
          if (isSpace(byte)) state = BEFORE_ATTRIBUTE;
          break;
        case AFTER_NAME:
          if (byte === EQUALS) state = BEFORE_VALUE;
          else if (byte === SLASH) state = SLASHED;
          else if (!isSpace(byte)) state = ATTRIBUTE_NAME;
          break;
        default:
          if (byte === SLASH) state = SLASHED;
          else state = isSpace(byte) ? BEFORE_ATTRIBUTE : ATTRIBUTE_NAME;
      }
    }
    this.#state = state;
    return -1;
  }

  /** RCDATA and RAWTEXT: text up to the end tag of its element. */
  #rawText(): boolean | Promise<unknown> {
    const { bytes, end } = this;
    const at = findByte(bytes, LESS, this.pos, end);
    if (at > this.pos) return this.textTo(at);
    if (at === end) return false;
    if (at + 1 === end) return this.#cut(at, 1);
    return bytes[at + 1] === SLASH ? this.rawEndTag(at) : this.textTo(at + 1);
  }

  /** At "</": the end tag that ends the text, or more text. */
  rawEndTag(at: number): boolean | Promise<unknown> {
    const { bytes, end } = this;
    let hash = 0;
    let i = at + 2;
    for (; i < end; i++) {
      const lower = LOWER[bytes[i] as number] as number;
      if (!isLowerLetter(lower)) break;
      hash = hashStep(hash, lower);
    }
    // No such name is longer.
    if (i === end && i - at < 16) {
      this.pos = this.start = at;
      return this.isLast ? this.textTo(end) : false;
    }
    const isEnd = i < end && LOWER[bytes[i] as number] === 0 && this.#sink.nameOf(hash, at + 2, i, true) === this.rawId;
    if (!isEnd) return this.textTo(i);
    const wait = this.#sink.endText(at);
    this.pos = this.start = at;
    if (wait !== undefined) return wait;
    this.isEndTag = true;
    this.nameStart = at + 2;
    this.nameEnd = i;
    this.id = this.rawId;
    return this.#startAttributes(i);
  }

  #cdata(): boolean | Promise<unknown> {
    const { bytes, end } = this;
    const at = findByte(bytes, 93, this.pos, end);
    if (at > this.pos) return this.textTo(at);
    if (at === end) return false;
    const found = wordAt(bytes, at, end, ']]>');
    if (found < 0 && !this.isLast) {
      this.start = at;
      return false;
    }
    if (found !== 1) return this.textTo(at + 1);
    const wait = this.#sink.endText(at);
    if (wait !== undefined) return wait;
    this.pos = this.start = at + 3;
    this.mode = DATA;
    return true;
  }

  /** At "<!". */
  #declaration(): boolean | Promise<unknown> {
    const { bytes, end, start } = this;
    const at = start + 2;
    const dashes = wordAt(bytes, at, end, '--');
    const doctype = wordAt(bytes, at, end, 'doctype');
    // The bytes of the word are compared without regard to case; of this one the case counts.
    const cdata = this.#sink.allowsCdata ? wordAt(bytes, at, end, '[cdata[') : 0;
    if ((dashes < 0 || doctype < 0 || cdata < 0) && !this.isLast) return false;
    if (dashes === 1) {
      this.mode = COMMENT;
      this.#state = 0;
      this.#textStart = this.pos = start + 4;
    } else if (doctype === 1) {
      this.mode = DOCTYPE;
      this.pos = start + 9;
    } else if (cdata === 1 && bytes[at + 1] === 67 && bytes[at + 2] === 68 && bytes[at + 3] === 65 && bytes[at + 4] === 84 && bytes[at + 5] === 65) {
      this.mode = CDATA;
      this.pos = this.start = start + 9;
    } else this.#startBogus(start, 2);
    return true;
  }

  /** Goes on with a comment, a bogus one or a doctype. */
  #restOfComment(): boolean | Promise<unknown> {
    const { bytes, end, mode } = this;
    const isDoctype = mode === DOCTYPE;
    const sink = this.#sink;
    const isWanted = isDoctype ? sink.capturesDoctypes : sink.capturesComments;
    let length = 1;
    let at: number;
    if (mode === COMMENT) {
      const found = commentEnd(bytes, this.pos, end, this.#state);
      at = found.at;
      this.#state = found.state;
      length = found.tail;
    } else {
      const found = findByte(bytes, GREATER, this.pos, end);
      at = found === end ? -1 : found + 1;
      if (at < 0) length = 0;
    }
    const isClosed = at >= 0;
    if (!isClosed && !this.isLast) {
      this.pos = end;
      if (!isWanted) this.start = end;
      return false;
    }
    if (!isClosed) at = end;
    const { start } = this;
    this.pos = at;
    this.mode = DATA;
    let wait: Wait;
    if (isWanted) wait = isDoctype ? sink.doctype(start, at, isClosed) : sink.comment(start, at, this.#textStart, at - length);
    this.start = at;
    return wait ?? true;
  }
}
