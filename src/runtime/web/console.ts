/**
 * console, a namespace object.
 *
 * Contract: plain text goes to the host at once; everything else is the chunk `inspect`'s, and once
 * that is loaded, all is, since it keeps the groups. Every method works without a receiver.
 *
 * @see https://console.spec.whatwg.org/
 */
import { LogLevel } from '../../protocol/ops.ts';
import { postLog } from '../bridge.ts';
import { chunk, peek } from '../link.ts';
import { ObjectDefineProperty, ObjectSetPrototypeOf, ReflectApply, StringPrototypeIncludes, SymbolToStringTag } from '../primordials.ts';

/** Longer ones are cut, elsewhere. */
const MAX_PLAIN = 4096;

/** One text to be printed as it is; undefined when it takes more than that. */
const plainText = (data: unknown[]): string | undefined => {
  let text = '';
  for (let i = 0; i < data.length; i++) {
    const it = data[i];
    if (typeof it !== 'string' || (i === 0 && data.length > 1 && StringPrototypeIncludes(it, '%'))) return undefined;
    text += i === 0 ? it : ` ${it}`;
  }
  return data.length === 0 || text.length > MAX_PLAIN ? undefined : text;
};

type Name = 'debug' | 'error' | 'info' | 'log' | 'warn';
type Methods = Record<string, (...data: unknown[]) => void>;

const call = (name: string, data: unknown[]): void => {
  ReflectApply((chunk('inspect').consoleMethods as unknown as Methods)[name] as Methods[string], undefined, data);
};

const log = (name: Name, level: number, data: unknown[]): void => {
  const text = peek('inspect') === undefined ? plainText(data) : undefined;
  if (text === undefined) call(name, data);
  else postLog(level, text);
};

export const console = {
  assert(...data: unknown[]): void {
    call('assert', data);
  },
  clear(...data: unknown[]): void {
    call('clear', data);
  },
  debug(...data: unknown[]): void {
    log('debug', LogLevel.debug, data);
  },
  error(...data: unknown[]): void {
    log('error', LogLevel.error, data);
  },
  info(...data: unknown[]): void {
    log('info', LogLevel.info, data);
  },
  log(...data: unknown[]): void {
    log('log', LogLevel.log, data);
  },
  table(...data: unknown[]): void {
    call('table', data);
  },
  trace(...data: unknown[]): void {
    call('trace', data);
  },
  warn(...data: unknown[]): void {
    log('warn', LogLevel.warn, data);
  },
  dir(...data: unknown[]): void {
    call('dir', data);
  },
  dirxml(...data: unknown[]): void {
    call('dirxml', data);
  },
  count(...data: unknown[]): void {
    call('count', data);
  },
  countReset(...data: unknown[]): void {
    call('countReset', data);
  },
  group(...data: unknown[]): void {
    call('group', data);
  },
  groupCollapsed(...data: unknown[]): void {
    call('groupCollapsed', data);
  },
  groupEnd(...data: unknown[]): void {
    call('groupEnd', data);
  },
  time(...data: unknown[]): void {
    call('time', data);
  },
  timeLog(...data: unknown[]): void {
    call('timeLog', data);
  },
  timeEnd(...data: unknown[]): void {
    call('timeEnd', data);
  },
  timeStamp(...data: unknown[]): void {
    call('timeStamp', data);
  },
};

// https://console.spec.whatwg.org/#console-namespace: its prototype is an empty object of its own.
ObjectSetPrototypeOf(console, {});
ObjectDefineProperty(console, SymbolToStringTag, { value: 'console', configurable: true });
