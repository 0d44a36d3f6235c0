/**
 * The text of scripts: within what looks like a comment there may be another script, whose end tag is text.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#script-data-state
 */
import { DASH, GREATER, LESS, LOWER, SLASH, findByte, wordAt } from './ascii.ts';
import type { TokenSink, Tokenizer } from './tokenizer.ts';

/** Does a word end at `at`? -1: the window does. */
const endsAt = (t: Tokenizer, at: number): number => (at >= t.end ? -1 : LOWER[t.bytes[at] as number] === 0 ? 1 : 0);

/** A word and its end. */
function wholeWordAt(t: Tokenizer, at: number, word: string): number {
  const found = wordAt(t.bytes, at, t.end, word);
  return found === 1 ? endsAt(t, at + word.length) : found;
}

/** Where the next byte stands that may change anything, from the parser's place on. */
function nextMark(t: Tokenizer): number {
  const { bytes, end, pos } = t;
  if (t.escapes === 0) return findByte(bytes, LESS, pos, end);
  let i = pos;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === LESS) break;
    if (byte === GREATER && t.dashes >= 2) t.escapes = 0;
    t.dashes = byte === DASH ? t.dashes + 1 : 0;
    if (t.escapes === 0) return findByte(bytes, LESS, i, end);
  }
  return i;
}

/** Goes on with a script; the result is as `Tokenizer`'s steps have it. */
export function scriptText(t: Tokenizer, sink: TokenSink): boolean | Promise<unknown> {
  const mark = nextMark(t);
  if (mark > t.pos) return t.textTo(mark);
  if (mark === t.end) return false;
  const { bytes, end } = t;
  t.dashes = 0;
  if (mark + 1 === end) return needMore(t, mark);
  const isSlashed = bytes[mark + 1] === SLASH;
  if (isSlashed && t.escapes < 2) return t.rawEndTag(mark);
  if (t.escapes === 0) {
    const found = wordAt(bytes, mark, end, '<!--');
    if (found < 0) return needMore(t, mark);
    if (found === 0) return t.textTo(mark + 1);
    t.escapes = 1;
    t.dashes = 2;
    return pass(t, sink, mark + 4);
  }
  const found = wholeWordAt(t, mark, t.escapes === 1 ? '<script' : '</script');
  if (found < 0) return needMore(t, mark);
  if (found === 0) return t.textTo(mark + 1);
  const length = t.escapes === 1 ? 7 : 8;
  t.escapes = t.escapes === 1 ? 2 : 1;
  return pass(t, sink, mark + length);
}

function needMore(t: Tokenizer, at: number): boolean | Promise<unknown> {
  t.pos = t.start = at;
  return t.isLast ? t.textTo(at + 1) : false;
}

/** Text that may reach the end of the window; what is behind it is not text of its own. */
function pass(t: Tokenizer, sink: TokenSink, to: number): boolean | Promise<unknown> {
  const { pos } = t;
  t.pos = t.start = to;
  return (sink.capturesText ? sink.text(pos, to) : undefined) ?? true;
}
