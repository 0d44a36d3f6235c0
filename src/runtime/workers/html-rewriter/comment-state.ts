/**
 * Where comments end.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#comment-start-state
 */
import { BANG, DASH, GREATER, findByte } from './ascii.ts';

const START = 0;
const START_DASH = 1;
const TEXT = 2;
const DASHED = 3;
const TWICE_DASHED = 4;
const BANGED = 5;

/** How many bytes at the end are not its text, where the comment ends in each state. */
const TAIL_AT_END: readonly number[] = [1, 2, 0, 0, 3, 4];
/** And where the document ends first. */
const TAIL_AT_EOF: readonly number[] = [0, 1, 0, 1, 2, 3];

/**
 * Goes on with a comment in a state, which is 0 at its start, behind "<!--".
 * @returns `at`: behind its end, or -1; and how many bytes before that are not its text
 */
export function commentEnd(bytes: Uint8Array, from: number, end: number, before: number): { at: number; state: number; tail: number } {
  let state = before;
  let i = from;
  while (i < end) {
    if (state === TEXT) {
      i = findByte(bytes, DASH, i, end);
      if (i === end) break;
      i++;
      state = DASHED;
      continue;
    }
    const byte = bytes[i++] as number;
    if (byte === GREATER && state !== DASHED) return { at: i, state, tail: TAIL_AT_END[state] as number };
    if (byte === DASH) state = state === START ? START_DASH : state === BANGED ? DASHED : TWICE_DASHED;
    else state = byte === BANG && state === TWICE_DASHED ? BANGED : TEXT;
  }
  return { at: -1, state, tail: TAIL_AT_EOF[state] as number };
}
