/**
 * Pattern strings as tokens.
 *
 * Positions count code units; input is well-formed, and no token begins or ends within a code point.
 *
 * @see https://urlpattern.spec.whatwg.org/#tokenizing
 */
import {
  ArrayPrototypePush,
  RegExpPrototypeExec,
  StringFromCodePoint,
  StringPrototypeCharCodeAt,
  StringPrototypeCodePointAt,
  StringPrototypeSlice,
  TypeErrorCtor,
} from '../../primordials.ts';

export type TokenType = 'open' | 'close' | 'regexp' | 'name' | 'char' | 'escaped-char' | 'other-modifier' | 'asterisk' | 'end' | 'invalid-char';

export type Token = { type: TokenType; index: number; value: string };

const ID_START = /[$_\p{ID_Start}]/u;
const ID_PART = /[$\p{ID_Continue}]|\u200c|\u200d/u;

const isAlphanumeric = (code: number): boolean => ((code | 32) >= 97 && (code | 32) <= 122) || (code >= 48 && code <= 57);

/** @see https://urlpattern.spec.whatwg.org/#is-a-valid-name-code-point */
export function isNameCodePoint(code: number, isFirst: boolean): boolean {
  if (code < 128 && isAlphanumeric(code)) return !isFirst || code > 57;
  return RegExpPrototypeExec(isFirst ? ID_START : ID_PART, StringFromCodePoint(code)) !== null;
}

/** The code point at `index`, which is within the input. */
const codeAt = (input: string, index: number): number => StringPrototypeCodePointAt(input, index) as number;
const widthOf = (code: number): number => (code > 0xffff ? 2 : 1);

/** Where the name that starts at `start` ends. */
function nameEnd(input: string, start: number): number {
  let end = start;
  while (end < input.length) {
    const code = codeAt(input, end);
    if (!isNameCodePoint(code, end === start)) break;
    end += widthOf(code);
  }
  return end;
}

/** The index behind the ")" of the regular expression that starts at `start`, or -1 where there is none that is allowed. */
function regexpEnd(input: string, start: number): number {
  let depth = 1;
  for (let at = start; at < input.length; at++) {
    const unit = StringPrototypeCharCodeAt(input, at);
    if (unit > 127 || (at === start && unit === 63)) return -1;
    if (unit === 92) {
      at++;
      if (at === input.length || StringPrototypeCharCodeAt(input, at) > 127) return -1;
    } else if (unit === 41) {
      if (--depth === 0) return at === start ? -1 : at + 1;
    } else if (unit === 40) {
      depth++;
      // Capturing groups are not allowed inside.
      if (input[at + 1] !== '?') return -1;
    }
  }
  return -1;
}

const SIMPLE = { __proto__: null, '*': 'asterisk', '+': 'other-modifier', '?': 'other-modifier', '{': 'open', '}': 'close' } as unknown as Readonly<
  Record<string, TokenType | undefined>
>;

/**
 * @param isStrict what cannot be a token throws TypeError; otherwise it becomes an `invalid-char` token
 * @see https://urlpattern.spec.whatwg.org/#tokenize
 */
export function tokenize(input: string, isStrict: boolean): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  const add = (type: TokenType, next: number, start: number, end: number): void => {
    ArrayPrototypePush(tokens, { type, index, value: StringPrototypeSlice(input, start, end) });
    index = next;
  };
  const fail = (next: number): void => {
    if (isStrict) throw new TypeErrorCtor(`Invalid pattern: unexpected '${StringPrototypeSlice(input, index, next)}' at index ${index} of '${input}'.`);
    add('invalid-char', next, index, next);
  };
  while (index < input.length) {
    const code = codeAt(input, index);
    const next = index + widthOf(code);
    const simple = code < 128 ? SIMPLE[input[index] as string] : undefined;
    if (simple !== undefined) add(simple, next, index, next);
    else if (code === 92) {
      if (next === input.length) fail(next);
      else {
        const end = next + widthOf(codeAt(input, next));
        add('escaped-char', end, next, end);
      }
    } else if (code === 58) {
      const end = nameEnd(input, next);
      if (end === next) fail(next);
      else add('name', end, next, end);
    } else if (code === 40) {
      const end = regexpEnd(input, next);
      if (end < 0) fail(next);
      else add('regexp', end, next, end - 1);
    } else add('char', next, index, next);
  }
  add('end', index, index, index);
  return tokens;
}
