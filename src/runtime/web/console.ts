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

type Method = (...data: unknown[]) => void;

const log = (name: string, level: number | undefined, data: unknown[]): void => {
  const text = level === undefined || peek('inspect') !== undefined ? undefined : plainText(data);
  if (text === undefined) ReflectApply((chunk('inspect').consoleMethods as unknown as Record<string, Method>)[name] as Method, undefined, data);
  else postLog(level as number, text);
};

const NAMES = [
  'assert',
  'clear',
  'debug',
  'error',
  'info',
  'log',
  'table',
  'trace',
  'warn',
  'dir',
  'dirxml',
  'count',
  'countReset',
  'group',
  'groupCollapsed',
  'groupEnd',
  'time',
  'timeLog',
  'timeEnd',
  'timeStamp',
] as const;

export const console = {} as Record<(typeof NAMES)[number], Method>;
for (let i = 0; i < NAMES.length; i++) {
  const name = NAMES[i] as (typeof NAMES)[number];
  const level = (LogLevel as Record<string, number>)[name];
  // An object literal's method, which is no constructor and has the right name.
  const made: Record<string, Method> = {
    [name](...data) {
      log(name, level, data);
    },
  };
  console[name] = made[name] as Method;
}

// https://console.spec.whatwg.org/#console-namespace: its prototype is an empty object of its own.
ObjectSetPrototypeOf(console, {});
ObjectDefineProperty(console, SymbolToStringTag, { value: 'console', configurable: true });
