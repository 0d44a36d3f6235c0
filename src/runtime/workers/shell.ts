/**
 * The inside of `nano eval` and the REPL: shows what a script came to, and completes names.
 *
 * The host compiles the lines, for the isolate makes no code from strings; here arrives each as a
 * function.
 */
import { jsonText } from '../json-text.ts';
import { Post } from '../../protocol/ops.ts';
import { postFor } from '../bridge.ts';
import {
  ArrayPrototypePush,
  JSONParse,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  PromisePrototypeThen,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
} from '../primordials.ts';
import { inspect } from '../web/inspect.ts';
import { errorDetails } from '../web/report-error.ts';
import { isObject } from '../webidl.ts';

/** How a value is shown: "raw" prints a string as it is, "repl" quotes it; with colours or without. */
type Mode = { style: 'raw' | 'repl'; colors: boolean };

/** Runs a line, an async function, and posts what it comes to as Post.shell: "value", "undefined" or "error", then the text. */
export function show(event: number, line: () => Promise<unknown>, modeText: string): void {
  const mode = JSONParse(modeText) as Mode;
  PromisePrototypeThen(
    line(),
    (result) => postFor(event, Post.shell, result === undefined ? 'undefined' : 'value', format(result, mode)),
    (error) => {
      const details = errorDetails(error);
      // What is thrown need not be an Error, and an Error may carry more than its stack tells.
      const text = details[2] === '' ? `Uncaught ${format(error, { style: 'repl', colors: mode.colors })}` : inspect(error, { colors: mode.colors });
      postFor(event, Post.shell, 'error', text);
    },
  );
}

const format = (value: unknown, { style, colors }: Mode): string => (typeof value === 'string' && style === 'raw' ? value : inspect(value, { colors }));

/** Names that `path` (["console"], ["a", "b"], …) could go on with, as JSON. Runs no getter. */
export function complete(pathText: string): string {
  const path = JSONParse(pathText) as string[];
  let value: unknown = globalThis;
  for (let i = 0; i < path.length; i++) {
    value = readData(value, path[i] as string);
    if (!isObject(value)) return '[]';
  }
  const names: string[] = [];
  for (let at: object | null = value as object; at !== null && names.length < 1000; at = ObjectGetPrototypeOf(at) as object | null) {
    const keys = ReflectOwnKeys(at);
    for (let i = 0; i < keys.length; i++) if (typeof keys[i] === 'string') ArrayPrototypePush(names, keys[i] as string);
  }
  return jsonText(names);
}

const readData = (object: unknown, key: string): unknown => {
  for (let at = object; isObject(at); at = ObjectGetPrototypeOf(at)) {
    if (ObjectHasOwn(at, key)) return ReflectGetOwnPropertyDescriptor(at, key)?.value;
  }
  return undefined;
};
