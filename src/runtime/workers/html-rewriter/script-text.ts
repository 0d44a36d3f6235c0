/**
 * The text of scripts: within what looks like a comment there may be another script, whose end tag is text.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#script-data-state
 */
import { BANG, DASH, GREATER, LESS, LOWER, SLASH, findByte, wordAt } from './ascii.ts';

/** The tokenizer, as far as the text of scripts concerns it. */
export type ScriptReader = {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly isLast: boolean;
  pos: number;
  start: number;
  escapes: number;
  dashes: number;
  textTo(to: number): boolean | Promise<unknown>;
  rawEndTag(at: number): boolean | Promise<unknown>;
};

/** Does a word end at `at`? -1: the window does. */
const endsAt = (t: ScriptReader, at: number): number => (at >= t.end ? -1 : LOWER[t.bytes[at] as number] === 0 ? 1 : 0);

/** A word and its end. */
function wholeWordAt(t: ScriptReader, at: number, word: string): number {
  const found = wordAt(t.bytes, at, t.end, word);
  return found === 1 ? endsAt(t, at + word.length) : found;
}

/** Where, from `from` on, the text is to be cut or something may change. */
function nextMark(t: ScriptReader, from: number): number {
  const { bytes, end } = t;
  if (t.escapes === 0) return findByte(bytes, LESS, from, end);
  let i = from;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === LESS) break;
    if (byte === GREATER && t.dashes >= 2) {
      t.escapes = 0;
      // As Cloudflare has it, a chunk of text ends before the sign that ends the comment.
      return i > t.pos ? i : findByte(bytes, LESS, i, end);
    }
    t.dashes = byte === DASH ? t.dashes + 1 : 0;
  }
  return i;
}

/** Goes on with a script; the result is as `Tokenizer`'s steps have it. */
export function scriptText(t: ScriptReader): boolean | Promise<unknown> {
  const { bytes, end } = t;
  // Beyond the parser's place there may be text that is not told of yet.
  for (let from = t.pos; ; ) {
    const mark = nextMark(t, from);
    if (mark > t.pos) return t.textTo(mark);
    if (mark === end) return false;
    t.dashes = 0;
    if (mark + 1 === end) return needMore(t, mark);
    const { escapes } = t;
    if (bytes[mark + 1] === SLASH && escapes < 2) return t.rawEndTag(mark);
    const found = escapes === 0 ? wordAt(bytes, mark, end, '<!--') : wholeWordAt(t, mark, escapes === 1 ? '<script' : '</script');
    if (found < 0) return needMore(t, mark);
    if (found === 0 && escapes < 2) return t.textTo(escapes === 0 && bytes[mark + 1] === BANG ? mark + 2 : mark + 1);
    if (found === 0) from = mark + 1;
    else {
      from = mark + (escapes === 0 ? 4 : escapes === 1 ? 7 : 8);
      t.escapes = escapes === 1 ? 2 : 1;
      if (escapes === 0) t.dashes = 2;
    }
  }
}

function needMore(t: ScriptReader, at: number): boolean | Promise<unknown> {
  t.pos = t.start = at;
  return t.isLast ? t.textTo(at + 1) : false;
}
