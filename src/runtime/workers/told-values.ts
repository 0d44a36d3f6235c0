/**
 * The arguments of console.log as tail workers get them, in JSON text.
 *
 * Contract: never throws; what it makes and what it reads is bounded. It reads values as Workers do: JSON of what JSON was
 * made for (plain objects, arrays, whatever has a `toJSON`), else JSON of the value's string, and `{}` where that throws.
 * Errors are told a second time, by name, message and stack, which a string lacks.
 *
 * No proxy can be told from what it stands for: one for an instance of a class is a string here, and JSON on Workers.
 */
import {
  ArrayBufferIsView,
  ArrayIsArray,
  ErrorCtor,
  JSONStringify,
  ObjectGetPrototypeOf,
  ObjectPrototype,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag,
} from '../primordials.ts';
import { isObject } from '../webidl.ts';

/** Not among the primordials: it does not exist while the start-up snapshot is made. This is evaluated later, and before any code of the app's. */
const { isError } = ErrorCtor as unknown as { isError(value: unknown): boolean };

/** What reading may still take, in characters. */
type Budget = { left: number };

/**
 * `[values]`, or `[values, errors]` where there are errors among them, each at its value's place and null at others.
 * Undefined when that is more than `most` characters.
 */
export function toldValues(data: readonly unknown[], most: number): string | undefined {
  const budget = { left: most };
  const errors = errorsOf(data, budget);
  let text = '';
  for (let i = 0; i < data.length && budget.left >= 0; i++) {
    const json = jsonOf(data[i], budget);
    budget.left--;
    text += i === 0 ? json : `,${json}`;
  }
  text = errors === undefined ? `[[${text}]]` : `[[${text}],${errors}]`;
  return budget.left < 0 || text.length > most ? undefined : text;
}

const jsonOf = (value: unknown, budget: Budget): string => {
  try {
    if (!isForJson(value)) return JSONStringify(stringOf(value, budget)) as string;
    // What an object comes to is known bit by bit only: too much of it is never written.
    const counted = (key: string, member: unknown): unknown => {
      charge(budget, key.length + (typeof member === 'string' ? member.length : 1));
      return member;
    };
    return (JSONStringify(value, counted) as string | undefined) ?? 'null';
  } catch {
    return '{}';
  }
};

/** Throws where there is no room left; whoever has asked looks at the budget. */
const charge = (budget: Budget, characters: number): void => {
  budget.left -= characters;
  if (budget.left < 0) throw undefined;
};

/** Throws where the value's own conversion does. */
const stringOf = (value: unknown, budget: Budget): string => {
  // At least a digit and a comma for each element.
  if (ArrayBufferIsView(value) && TypedArrayPrototypeGetSymbolToStringTag(value) !== undefined && TypedArrayPrototypeGetLength(value) > budget.left)
    charge(budget, TypedArrayPrototypeGetLength(value));
  // No String(value), which takes symbols.
  const text = `${value as string}`;
  charge(budget, text.length);
  return text;
};

const isForJson = (value: unknown): boolean => {
  if (!isObject(value)) return typeof value !== 'bigint' && typeof value !== 'symbol';
  if (ArrayIsArray(value)) return true;
  try {
    const prototype = ObjectGetPrototypeOf(value) as unknown;
    if (prototype === null || prototype === ObjectPrototype) return true;
  } catch {
    // The trap of a proxy.
    return true;
  }
  try {
    return typeof (value as { toJSON?: unknown }).toJSON === 'function';
  } catch {
    return false;
  }
};

/** JSON of what the errors among the arguments are; undefined where there are none. */
const errorsOf = (data: readonly unknown[], budget: Budget): string | undefined => {
  let text = '';
  let isAny = false;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    const error = isError(value) ? errorOf(value as object, budget) : undefined;
    isAny ||= error !== undefined;
    text += `${i === 0 ? '' : ','}${error ?? 'null'}`;
  }
  return isAny ? `[${text}]` : undefined;
};

/** Undefined where the error's own properties throw. */
const errorOf = (error: object, budget: Budget): string | undefined => {
  try {
    const { name: anyName, message: anyMessage, stack: anyStack } = error as Record<string, unknown>;
    const name = anyName === undefined ? 'Error' : `${anyName as string}`;
    const message = `${(anyMessage === undefined ? error : anyMessage) as string}`;
    const stack = anyStack === undefined ? '' : withoutHead(`${anyStack as string}`, name, message);
    charge(budget, name.length + message.length + stack.length);
    const rest = stack === '' ? '' : `,"stack":${JSONStringify(stack)}`;
    return `{"name":${JSONStringify(name)},"message":${JSONStringify(message)}${rest}}`;
  } catch {
    return undefined;
  }
};

/** A stack without the name and message that it begins with. */
const withoutHead = (stack: string, name: string, message: string): string => {
  let rest = stack;
  if (StringPrototypeStartsWith(rest, name)) {
    rest = StringPrototypeSlice(rest, name.length);
    if (StringPrototypeStartsWith(rest, ': ')) rest = StringPrototypeSlice(rest, 2);
  }
  if (StringPrototypeStartsWith(rest, message)) {
    rest = StringPrototypeSlice(rest, message.length);
    if (StringPrototypeStartsWith(rest, '\n')) rest = StringPrototypeSlice(rest, 1);
  }
  return rest;
};
