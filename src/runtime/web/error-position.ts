/**
 * Where an error was made, as its stack says.
 * @see https://html.spec.whatwg.org/#extract-error
 */
import { NumberIsNaN, StringPrototypeEndsWith, StringPrototypeIndexOf, StringPrototypeLastIndexOf, StringPrototypeSlice } from '../primordials.ts';

export type Position = { filename: string; lineno: number; colno: number };

const FRAME = '\n    at ';

/** The place of the first frame; of the stack of something else than an error, no place. */
export function positionIn(stack: string): Position {
  const nowhere = { filename: '', lineno: 0, colno: 0 };
  const start = StringPrototypeIndexOf(stack, FRAME);
  if (start < 0) return nowhere;
  const end = StringPrototypeIndexOf(stack, '\n', start + 1);
  let place = StringPrototypeSlice(stack, start + FRAME.length, end < 0 ? stack.length : end);
  // "function (file:line:column)" or "file:line:column"
  if (StringPrototypeEndsWith(place, ')')) place = StringPrototypeSlice(place, StringPrototypeLastIndexOf(place, '(') + 1, -1);
  const beforeColumn = StringPrototypeLastIndexOf(place, ':');
  const beforeLine = beforeColumn < 0 ? -1 : StringPrototypeLastIndexOf(place, ':', beforeColumn - 1);
  if (beforeLine < 0) return nowhere;
  const lineno = +StringPrototypeSlice(place, beforeLine + 1, beforeColumn);
  const colno = +StringPrototypeSlice(place, beforeColumn + 1);
  return NumberIsNaN(lineno) || NumberIsNaN(colno) ? nowhere : { filename: StringPrototypeSlice(place, 0, beforeLine), lineno, colno };
}
