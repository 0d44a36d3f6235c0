/**
 * What the methods of console do, beyond printing plain text.
 *
 * Contract: a call never throws, save where the standard converts a label; what it prints goes to
 * the host as one text of bounded length.
 *
 * @see https://console.spec.whatwg.org/
 */
import { LogLevel } from '../../protocol/ops.ts';
import { postLog } from '../bridge.ts';
import {
  ErrorCtor,
  MapCtor,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  MathMin,
  MathRound,
  NumberCtor,
  StringPrototypeIndexOf,
  StringPrototypeRepeat,
  StringPrototypeSlice,
} from '../primordials.ts';
import { DOMString, isObject } from '../webidl.ts';
import { sequence } from '../webidl-types.ts';
import { relativeNow } from './clock.ts';
import { formatLog, formatTable } from './console-format.ts';
import { inspect } from './inspect.ts';
import { stackOf } from './native-stack.ts';

/** Characters a call may send to the host. */
const MAX_TEXT = 65_536;
const TRUNCATED = '… truncated';
const MAX_INDENT = 32;

const counts = new MapCtor<string, number>();
const timers = new MapCtor<string, number>();
let depth = 0;
const toStrings = sequence(DOMString);

/** Does a text go to the host as it is? */
export const isPrintedAsIs = (text: string): boolean => depth === 0 && text.length <= MAX_TEXT;

/** Sends a text, indented by the groups around it. @param told see Post.log */
export const print = (level: number, text: string, told?: string): void => {
  let out = text.length > MAX_TEXT ? StringPrototypeSlice(text, 0, MAX_TEXT) : text;
  if (depth > 0) {
    const indent = StringPrototypeRepeat('  ', MathMin(depth, MAX_INDENT));
    let indented = indent;
    let from = 0;
    for (let at = StringPrototypeIndexOf(out, '\n'); at >= 0 && indented.length < MAX_TEXT; at = StringPrototypeIndexOf(out, '\n', from)) {
      indented += StringPrototypeSlice(out, from, at + 1) + indent;
      from = at + 1;
    }
    out = indented + StringPrototypeSlice(out, from);
  }
  const isCut = text.length > MAX_TEXT || out.length > MAX_TEXT;
  postLog(level, isCut ? StringPrototypeSlice(out, 0, MAX_TEXT - TRUNCATED.length) + TRUNCATED : out, told);
};

/** https://console.spec.whatwg.org/#logger: nothing without arguments */
const log = (level: number, args: readonly unknown[]): void => {
  if (args.length > 0) print(level, formatLog(args));
};

const toLabel = (label: unknown): string => (label === undefined ? 'default' : DOMString(label, 'console: label'));

const elapsed = (label: string, start: number): string => {
  const time = relativeNow() - start;
  return `${label}: ${time < 1000 ? `${roundTo(time, 1000)}ms` : `${roundTo(time / 1000, 1000)}s`}`;
};

const roundTo = (value: number, steps: number): number => MathRound(value * steps) / steps;

export const consoleMethods = {
  assert(condition: unknown = false, ...data: unknown[]): void {
    if (condition) return;
    print(LogLevel.error, data.length === 0 ? 'Assertion failed' : `Assertion failed: ${formatLog(data)}`);
  },
  clear(): void {
    depth = 0;
  },
  debug(...data: unknown[]): void {
    log(LogLevel.debug, data);
  },
  error(...data: unknown[]): void {
    log(LogLevel.error, data);
  },
  info(...data: unknown[]): void {
    log(LogLevel.info, data);
  },
  log(...data: unknown[]): void {
    log(LogLevel.log, data);
  },
  table(data: unknown = undefined, properties: unknown = undefined): void {
    const only = properties === undefined ? undefined : toStrings(properties, "Failed to execute 'table' on 'console': parameter 2");
    print(LogLevel.log, formatTable(data, only) ?? formatLog([data]));
  },
  trace(...data: unknown[]): void {
    const error = new ErrorCtor();
    const stack = stackOf(error);
    const frames = StringPrototypeIndexOf(stack, '\n', StringPrototypeIndexOf(stack, '\n') + 1);
    print(LogLevel.log, `Trace${data.length === 0 ? '' : `: ${formatLog(data)}`}${frames < 0 ? '' : StringPrototypeSlice(stack, frames)}`);
  },
  warn(...data: unknown[]): void {
    log(LogLevel.warn, data);
  },
  dir(item: unknown = undefined, options: unknown = undefined): void {
    const wanted = isObject(options) ? (options as { depth?: unknown }).depth : undefined;
    print(LogLevel.log, inspect(item, wanted === undefined ? {} : { depth: wanted === null ? 50 : NumberCtor(wanted) }));
  },
  dirxml(...data: unknown[]): void {
    log(LogLevel.log, data);
  },
  count(label: unknown = undefined): void {
    const name = toLabel(label);
    const count = (MapPrototypeGet(counts, name) ?? 0) + 1;
    MapPrototypeSet(counts, name, count);
    print(LogLevel.info, `${name}: ${count}`);
  },
  countReset(label: unknown = undefined): void {
    const name = toLabel(label);
    if (!MapPrototypeDelete(counts, name)) print(LogLevel.warn, `Count for '${name}' does not exist`);
  },
  group(...data: unknown[]): void {
    log(LogLevel.log, data);
    depth++;
  },
  groupCollapsed(...data: unknown[]): void {
    log(LogLevel.log, data);
    depth++;
  },
  groupEnd(): void {
    if (depth > 0) depth--;
  },
  time(label: unknown = undefined): void {
    const name = toLabel(label);
    if (MapPrototypeHas(timers, name)) print(LogLevel.warn, `Timer '${name}' already exists`);
    else MapPrototypeSet(timers, name, relativeNow());
  },
  timeLog(label: unknown = undefined, ...data: unknown[]): void {
    const name = toLabel(label);
    const start = MapPrototypeGet(timers, name);
    if (start === undefined) print(LogLevel.warn, `Timer '${name}' does not exist`);
    else print(LogLevel.info, elapsed(name, start) + (data.length === 0 ? '' : ` ${formatLog(data)}`));
  },
  timeEnd(label: unknown = undefined): void {
    const name = toLabel(label);
    const start = MapPrototypeGet(timers, name);
    if (start === undefined) return print(LogLevel.warn, `Timer '${name}' does not exist`);
    MapPrototypeDelete(timers, name);
    print(LogLevel.info, elapsed(name, start));
  },
  /** For a profiler's timeline, of which there is none. */
  timeStamp(): void {},
};
