/**
 * Any value as text for people: what console, `nano eval` and the REPL print.
 *
 * Contract: never throws, runs no getter of the app's, and its output is bounded: strings, arrays,
 * objects and the whole have limits, so that no log line can exhaust memory.
 */
import { ArrayPrototypePop, ArrayPrototypePush, MapCtor, MapPrototypeGet, MapPrototypeGetSize, MapPrototypeSet, MathMin } from '../primordials.ts';
import { peek } from '../link.ts';
import type { Description } from './describe.ts';
import { describeFetch } from './describe-fetch.ts';
import { constructorName } from './inspect-safe.ts';
import { bodyOf } from './inspect-object.ts';
import { type Body, layOut } from './inspect-layout.ts';
import { keyText, paint, primitiveText } from './inspect-text.ts';
import { type Inspection, MAX_ITEMS, MAX_STRING } from './inspection.ts';

/** `depth`: nested objects are opened to this level, 2 unless given. */
export type InspectOptions = { colors?: boolean; depth?: number };

const MAX_TEXT = 131_072;
const MAX_DEPTH = 50;

/** A chunk that is not loaded has made no object. */
const descriptionOf = (value: object): Description | undefined =>
  describeFetch(value) ?? peek('events')?.describe(value) ?? peek('url')?.describe(value) ?? peek('forms')?.describe(value) ?? peek('streams')?.describe(value);

/** Text of any value. Never throws. */
export function inspect(value: unknown, options: InspectOptions = {}): string {
  const inspection: Inspection = {
    colors: options.colors === true,
    depth: MathMin(options.depth ?? 2, MAX_DEPTH),
    around: [],
    circular: new MapCtor(),
    left: MAX_TEXT,
    indent: 0,
    format: (inner) => format(inspection, inner),
  };
  return format(inspection, value);
}

const format = (it: Inspection, value: unknown): string => {
  if (it.left <= 0) return '…';
  const text =
    (typeof value === 'object' && value !== null) || typeof value === 'function' ? formatObject(it, value) : primitiveText(value, MAX_STRING, it.colors);
  it.left -= text.length;
  return text;
};

const formatObject = (it: Inspection, value: object): string => {
  for (let i = 0; i < it.around.length; i++) {
    if (it.around[i] !== value) continue;
    let number = MapPrototypeGet(it.circular, value);
    if (number === undefined) MapPrototypeSet(it.circular, value, (number = MapPrototypeGetSize(it.circular) + 1));
    return paint(`[Circular *${number}]`, 'special', it.colors);
  }
  const before = it.left;
  ArrayPrototypePush(it.around, value);
  try {
    const description = descriptionOf(value);
    const body = description === undefined ? bodyOf(it, value) : describedBody(it, value, description);
    const number = MapPrototypeGet(it.circular, value);
    // Its parts have been counted one by one: the whole is counted by the caller.
    it.left = before;
    return layOut(
      it,
      number === undefined ? body : { ...body, prefix: paint(`<ref *${number}>`, 'special', it.colors) + (body.prefix === '' ? '' : ` ${body.prefix}`) },
    );
  } catch {
    // A Proxy's trap threw, or the stack is used up.
    return paint('[Object]', 'special', it.colors);
  } finally {
    ArrayPrototypePop(it.around);
  }
};

const describedBody = (it: Inspection, value: object, { name, entries }: Description): Body => {
  if (it.around.length > it.depth + 1) return { prefix: paint(`[${name}]`, 'special', it.colors), open: '', close: '', parts: [], fill: false };
  const parts: string[] = [];
  it.indent += 2;
  for (let i = 0; i < entries.length && i < MAX_ITEMS; i++) {
    const { 0: key, 1: item } = entries[i] as (typeof entries)[number];
    ArrayPrototypePush(parts, `${keyText(key, MAX_STRING, it.colors)}: ${format(it, item)}`);
  }
  it.indent -= 2;
  const own = constructorName(value);
  return { prefix: own !== null && own !== name ? `${own} [${name}]` : name, open: '{', close: '}', parts, fill: false };
};
