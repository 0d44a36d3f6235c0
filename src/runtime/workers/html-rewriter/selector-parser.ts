/**
 * Selectors, as far as Cloudflare has them.
 *
 * Departure from CSS, as Cloudflare's: `:not(a.b)` is "neither `a` nor `.b`", because each simple selector is
 * negated for itself.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#selectors
 * @see https://drafts.csswg.org/selectors-4/#grammar
 */
import {
  ArrayPrototypePush,
  NumberParseInt,
  RegExpPrototypeExec,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
} from '../../primordials.ts';
import { asciiLower } from './ascii.ts';
import { parserError } from './parser-error.ts';
import { SelectorText, unexpectedEnd, unexpectedToken } from './selector-text.ts';

export type Test = {
  kind: 'any' | 'never' | 'name' | 'nth-child' | 'nth-of-type' | 'id' | 'class' | 'exists' | '=' | '~=' | '|=' | '^=' | '$=' | '*=';
  isNegated: boolean;
  /** Of the element or the attribute, in lower case. */
  name: string;
  value: string;
  /** Is the value compared without regard to case? null: only in HTML elements. */
  ignoresCase: boolean | null;
  step: number;
  offset: number;
};

/** A compound selector, and how it is tied to the one before. */
export type Compound = { tests: Test[]; isChild: boolean };

/** The compounds of a complex selector, outermost first. */
export type Complex = Compound[];

/** Attributes of HTML whose values are compared without regard to case. @see https://html.spec.whatwg.org/multipage/semantics-other.html#case-sensitivity-of-selectors */
const CASELESS =
  ' accept accept-charset align alink axis bgcolor charset checked clear codetype color compact declare defer dir direction disabled enctype face frame hreflang http-equiv lang language link media method multiple nohref noresize noshade nowrap readonly rel rev rules scope scrolling selected shape target text type valign valuetype vlink ';

const NTH = /^\s*(?:(even|odd)|([+-]?\d*)n(?:\s*([+-])\s*(\d+))?|([+-]?\d+))\s*$/i;

const unsupported = (): TypeError => parserError('Unsupported pseudo-class or pseudo-element in selector.');
const empty = (): TypeError => parserError('The selector is empty.');
const namespaced = (): TypeError => parserError('Selectors with explicit namespaces are not supported.');
const inAttribute = (): TypeError => parserError('Unexpected token in the attribute selector.');

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

function newTest(kind: Test['kind'], name = '', value = ''): Test {
  return { kind, isNegated: false, name, value, ignoresCase: false, step: 0, offset: 0 };
}

/** Parses a list of selectors; throws a TypeError in Cloudflare's words. */
export function parseSelectors(text: string): Complex[] {
  const input = new SelectorText(text);
  const list = parseList(input, false);
  if (!input.isAtEnd()) throw unexpectedToken();
  return list;
}

function parseList(input: SelectorText, isNegation: boolean): Complex[] {
  const list: Complex[] = [];
  do {
    ArrayPrototypePush(list, parseComplex(input, isNegation));
  } while (input.take(','));
  return list;
}

function parseComplex(input: SelectorText, isNegation: boolean): Complex {
  const compounds: Complex = [];
  let isChild = false;
  // A combinator that cannot be had matters only where the rest is in order.
  let failure: TypeError | undefined;
  input.skipSpace();
  for (;;) {
    const tests = parseCompound(input);
    if (tests.length === 0) throw compounds.length > 0 ? parserError('Dangling combinator in selector.') : empty();
    ArrayPrototypePush(compounds, { tests, isChild });
    const isSpaced = input.skipSpace();
    const next = input.peek();
    if (next === '|') throw unexpectedToken();
    isChild = next === '>';
    if (isChild || next === '+' || next === '~') {
      input.at++;
      if (!isChild) failure ??= parserError(`Unsupported combinator \`${next}\` in selector.`);
      input.skipSpace();
    } else if (next === '' || next === ',' || next === ')' || !isSpaced) break;
  }
  if (isNegation && compounds.length > 1) throw unsupported();
  if (failure !== undefined) throw failure;
  return compounds;
}

function parseCompound(input: SelectorText): Test[] {
  const tests: Test[] = [];
  parseType(input, tests);
  for (;;) {
    input.skipComments();
    if (input.peek() === '#') {
      input.at++;
      const isIdent = input.isIdent();
      const id = isIdent ? input.name() : '';
      if (!isIdent) {
        input.at--;
        return tests;
      }
      ArrayPrototypePush(tests, newTest('id', 'id', id));
    } else if (input.peek() === '.') {
      // That is a number.
      if (isDigit(input.peek(1))) return tests;
      input.at++;
      if (input.isAtEnd()) throw unexpectedEnd();
      const name = input.ident();
      if (name === null || input.peek() === '(') throw parserError('Invalid or unescaped class name in selector.');
      ArrayPrototypePush(tests, newTest('class', 'class', name));
    } else if (input.take('[')) ArrayPrototypePush(tests, parseAttribute(input));
    else if (input.take(':')) parsePseudo(input, tests);
    else return tests;
  }
}

/** A type selector, if any. */
function parseType(input: SelectorText, tests: Test[]): void {
  const start = input.at;
  const isStar = input.take('*');
  const name = isStar ? '*' : input.ident();
  if (name !== null && !isStar && input.peek() === '(') {
    input.at = start;
    return;
  }
  let local = name;
  if (input.peek() === '|' && input.peek(1) !== '=' && input.peek(1) !== '|') {
    if (name !== null && !isStar) throw namespaced();
    input.at++;
    local = input.take('*') ? '*' : input.ident();
    if (local === null) throw input.isAtEnd() ? empty() : unexpectedToken();
    // No element is in no namespace.
    if (name === null) ArrayPrototypePush(tests, newTest('never'));
  }
  if (local === '*') ArrayPrototypePush(tests, newTest('any'));
  else if (local !== null) ArrayPrototypePush(tests, newTest('name', asciiLower(local)));
}

function parseAttribute(input: SelectorText): Test {
  input.skipSpace();
  if (input.isAtEnd() || input.peek() === ']') throw unexpectedEnd();
  const isPiped = input.peek() === '|' && input.peek(1) !== '=';
  if (isPiped) input.at++;
  if (input.peek() === '*' && input.peek(1) === '|') throw namespaced();
  const name = input.ident();
  if (name === null) throw isPiped ? inAttribute() : parserError('Missing attribute name in attribute selector.');
  if (input.peek() === '|' && input.peek(1) !== '=') throw namespaced();
  const test = newTest('exists', asciiLower(name));
  input.skipSpace();
  if (input.isAtEnd() || input.take(']')) return test;
  const sign = input.peek();
  const kind = sign === '=' ? '=' : sign !== '' && StringPrototypeIndexOf('~|^$*', sign) >= 0 && input.peek(1) === '=' ? `${sign}=` : null;
  if (kind === null) throw inAttribute();
  input.at += kind.length;
  test.kind = kind as Test['kind'];
  input.skipSpace();
  if (input.isAtEnd() || input.peek() === ']') throw unexpectedEnd();
  const value = input.string() ?? input.ident();
  if (value === null) throw inAttribute();
  test.value = value;
  input.skipSpace();
  const flag = input.ident();
  if (flag === null) test.ignoresCase = StringPrototypeIncludes(CASELESS, ` ${test.name} `) ? null : false;
  else if (asciiLower(flag) === 'i') test.ignoresCase = true;
  else if (asciiLower(flag) !== 's') throw unexpectedToken();
  input.skipSpace();
  if (!input.isAtEnd() && !input.take(']')) throw unexpectedToken();
  return test;
}

function parsePseudo(input: SelectorText, tests: Test[]): void {
  if (input.isAtEnd() || (input.take(':') && input.isAtEnd())) throw unexpectedEnd();
  if (input.peek(-1) === ':' && input.peek(-2) === ':') throw unsupported();
  const given = input.ident();
  if (given === null) throw unsupported();
  const name = asciiLower(given);
  if (!input.take('(')) {
    if (name !== 'first-child' && name !== 'first-of-type') throw unsupported();
    const test = newTest(name === 'first-child' ? 'nth-child' : 'nth-of-type');
    test.offset = 1;
    ArrayPrototypePush(tests, test);
  } else if (name === 'not') {
    const list = parseList(input, true);
    if (!input.isAtEnd() && !input.take(')')) throw unexpectedToken();
    for (let i = 0; i < list.length; i++) {
      const negated = ((list[i] as Complex)[0] as Compound).tests;
      for (let k = 0; k < negated.length; k++) {
        const test = negated[k] as Test;
        test.isNegated = !test.isNegated;
        ArrayPrototypePush(tests, test);
      }
    }
  } else if (name === 'nth-child' || name === 'nth-of-type') ArrayPrototypePush(tests, parseNth(input, name));
  else throw unsupported();
}

/** @see https://drafts.csswg.org/css-syntax/#anb-syntax */
function parseNth(input: SelectorText, kind: 'nth-child' | 'nth-of-type'): Test {
  const close = StringPrototypeIndexOf(input.text, ')', input.at);
  const end = close < 0 ? input.text.length : close;
  const argument = StringPrototypeSlice(input.text, input.at, end);
  const match = RegExpPrototypeExec(NTH, argument);
  input.skipSpace();
  if (match === null) throw input.at >= end ? unexpectedEnd() : unexpectedToken();
  const { 1: word, 2: step, 3: sign, 4: offset, 5: only } = match;
  const test = newTest(kind);
  if (word !== undefined) {
    test.step = 2;
    test.offset = asciiLower(word) === 'odd' ? 1 : 0;
  } else if (only !== undefined) test.offset = NumberParseInt(only, 10);
  else {
    test.step = step === '' || step === '+' ? 1 : step === '-' ? -1 : NumberParseInt(step as string, 10);
    if (offset !== undefined) test.offset = NumberParseInt(offset, 10) * (sign === '-' ? -1 : 1);
  }
  input.at = close < 0 ? end : end + 1;
  return test;
}
