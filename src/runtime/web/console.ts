/**
 * console, a namespace object.
 *
 * Contract: plain text goes to the host at once; everything else is the chunk `inspect`'s, and once
 * that is loaded, all is, since it keeps the groups. Every method works without a receiver.
 *
 * @see https://console.spec.whatwg.org/
 */
import { LogLevel, Post } from '../../protocol/ops.ts';
import { post } from '../bridge.ts';
import { chunk, peek } from '../link.ts';
import { ObjectDefineProperty, ObjectSetPrototypeOf, ReflectApply, StringPrototypeIncludes, StringPrototypeSplit, SymbolToStringTag } from '../primordials.ts';

type Method = (...data: unknown[]) => void;
export type Console = Record<string, Method>;

/** Longer ones are cut, elsewhere. */
const MAX_PLAIN = 4096;
/** In the order of the standard. */
const NAMES = 'assert clear debug error info log table trace warn dir dirxml count countReset group groupCollapsed groupEnd time timeLog timeEnd timeStamp';

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

const make = (name: string): Method => {
  const level = LogLevel[name as keyof typeof LogLevel];
  // A method, so that it is no constructor and has the name.
  const { [name]: method } = {
    [name](...data: unknown[]): void {
      if (level !== undefined && peek('inspect') === undefined) {
        const text = plainText(data);
        if (text !== undefined) return post(Post.log, level, text);
      }
      ReflectApply((chunk('inspect').consoleMethods as unknown as Console)[name] as Method, undefined, data);
    },
  };
  return method as Method;
};

export const console: Console = {};
const names = StringPrototypeSplit(NAMES, ' ');
for (let i = 0; i < names.length; i++) console[names[i] as string] = make(names[i] as string);

// https://console.spec.whatwg.org/#console-namespace: its prototype is an empty object of its own.
ObjectSetPrototypeOf(console, {});
ObjectDefineProperty(console, SymbolToStringTag, { value: 'console', configurable: true });
