/**
 * An error's text: its stack, its own properties, its cause.
 */
import {
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  ReflectGetOwnPropertyDescriptor,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeRepeat,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeStartsWith,
} from '../primordials.ts';
import { exceptionMessage, exceptionName, isDOMException } from './dom-exception.ts';
import type { Body } from './inspect-layout.ts';
import { properties } from './inspect-properties.ts';
import { constructorName, dataProperty } from './inspect-safe.ts';
import { paint } from './inspect-text.ts';
import type { Inspection } from './inspection.ts';
import { stackOf } from './native-stack.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** "Name: message" as it is now; the stack says how it was when the error was made. */
const headOf = (error: object): string => {
  const isDom = isDOMException(error);
  const name = (isDom ? exceptionName(error as never) : text(dataProperty(error, 'name'))) || 'Error';
  const message = isDom ? exceptionMessage(error as never) : text(dataProperty(error, 'message'));
  // A subclass that sets no name still shows its class.
  const made = isDom ? null : constructorName(error);
  const shown = name === 'Error' && made !== null ? made : name;
  return message === '' ? shown : `${shown}: ${message}`;
};

export function errorBody(it: Inspection, error: object): Body {
  const stack = stackOf(error);
  const head = headOf(error);
  const at = StringPrototypeStartsWith(stack, '    at ') ? -1 : StringPrototypeIndexOf(stack, '\n    at ');
  const frames = at >= 0 ? StringPrototypeSlice(stack, at) : '';
  let prefix = frames === '' ? (stack !== '' && !StringPrototypeIncludes(stack, head) ? `[${stack}]` : `[${head}]`) : head + frames;
  if (it.indent > 0) prefix = ArrayPrototypeJoin(StringPrototypeSplit(prefix, '\n'), `\n${StringPrototypeRepeat(' ', it.indent)}`);
  const parts: string[] = [];
  if (it.around.length <= it.depth + 1) {
    properties(it, error, (key) => key === 'stack' || key === 'message' || key === 'name', parts);
    hidden(it, error, 'cause', parts);
    hidden(it, error, 'errors', parts);
  }
  return parts.length === 0 ? { prefix, open: '', close: '', parts, fill: false } : { prefix, open: '{', close: '}', parts, fill: false };
}

/** `[cause]` and `[errors]`, which are own properties but not enumerable. */
const hidden = (it: Inspection, error: object, key: string, parts: string[]): void => {
  const found = ReflectGetOwnPropertyDescriptor(error, key);
  if (found === undefined || found.enumerable || !('value' in found)) return;
  it.indent += 2;
  ArrayPrototypePush(parts, `${paint(`[${key}]`, 'special', it.colors)}: ${it.format(found.value)}`);
  it.indent -= 2;
};
