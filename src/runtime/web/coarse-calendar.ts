/**
 * Coarse time in Intl and Temporal: what formats or makes "now" takes the known time; see coarse-clock.ts.
 *
 * An app can get at either only by its name or through the global object: others never load this.
 */
import {
  ObjectDefineProperty,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  WeakMapCtor,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} from '../primordials.ts';
import { knownTime } from './coarse-clock.ts';

type Method = (...args: unknown[]) => unknown;
type Scope = Record<string, unknown>;

/** Defines a value with the attributes of the property it replaces. */
const replace = (object: object, key: string, value: unknown): void => {
  ObjectDefineProperty(object, key, { ...ReflectGetOwnPropertyDescriptor(object, key), value });
};

/** A method like the original one: of the same name and length. */
const imitate = (original: Method, method: Method): Method => {
  ObjectDefineProperty(method, 'name', { value: original.name, configurable: true });
  ObjectDefineProperty(method, 'length', { value: original.length, configurable: true });
  return method;
};

/** Formatting "now" tells the time, too. @see https://tc39.es/ecma402/#sec-intl.datetimeformat.prototype.format */
export function replaceFormat(scope: Scope): void {
  const { prototype } = (scope['Intl'] as { DateTimeFormat: { prototype: object } }).DateTimeFormat;
  const { get } = ReflectGetOwnPropertyDescriptor(prototype, 'format') as { get: Method };
  const bound = new WeakMapCtor<object, Method>();
  const accessor = {
    get format(): Method {
      const original = ReflectApply(get, this, []) as Method;
      let method = WeakMapPrototypeGet(bound, original);
      if (method === undefined) {
        method = imitate(original, (date) => original(date === undefined ? knownTime() : date));
        WeakMapPrototypeSet(bound, original, method);
      }
      return method;
    },
  };
  ObjectDefineProperty(prototype, 'format', {
    ...ReflectGetOwnPropertyDescriptor(prototype, 'format'),
    get: (ReflectGetOwnPropertyDescriptor(accessor, 'format') as { get: () => Method }).get,
  });
  const parts = ReflectGetOwnPropertyDescriptor(prototype, 'formatToParts') as { value: Method };
  const { formatToParts } = {
    formatToParts(this: unknown, date: unknown): unknown {
      return ReflectApply(parts.value, this, [date === undefined ? knownTime() : date]);
    },
  };
  replace(prototype, 'formatToParts', formatToParts);
}

/** The parts of Temporal this file uses. */
type Zoned = Record<'toPlainDateTime' | 'toPlainDate' | 'toPlainTime', Method>;
type Instant = { toZonedDateTimeISO(zone: unknown): Zoned };
type TemporalObject = { Now: Record<string, Method>; Instant: { fromEpochMilliseconds(time: number): Instant } };

/** Temporal is large, and V8 makes it when it is first touched: so does this. @see https://tc39.es/proposal-temporal/#sec-temporal-now-object */
export function replaceTemporal(scope: Scope): void {
  const found = ReflectGetOwnPropertyDescriptor(scope, 'Temporal');
  if (found === undefined) return;
  const { writable, enumerable, configurable } = found;
  const settle = (value: unknown): void => {
    ObjectDefineProperty(scope, 'Temporal', { value, writable, enumerable, configurable } as PropertyDescriptor);
  };
  ObjectDefineProperty(scope, 'Temporal', {
    get: () => {
      const temporal = found.value as TemporalObject;
      replaceNow(temporal);
      settle(temporal);
      return temporal;
    },
    set: settle,
    enumerable,
    configurable,
  } as PropertyDescriptor);
}

function replaceNow({ Now, Instant }: TemporalObject): void {
  const fromEpoch = Instant.fromEpochMilliseconds;
  const instant = (): Instant => ReflectApply(fromEpoch as Method, Instant, [knownTime()]) as Instant;
  const { timeZoneId } = Now as { timeZoneId: Method };
  const zoned = (zone: unknown): Zoned => instant().toZonedDateTimeISO(zone === undefined ? timeZoneId() : zone);
  const own: Record<string, Method> = {
    instant: () => instant(),
    zonedDateTimeISO: (zone) => zoned(zone),
    plainDateTimeISO: (zone) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone) => zoned(zone).toPlainTime(),
  };
  // By index: by now tenants may have patched the iterators of arrays.
  const keys = ReflectOwnKeys(own) as string[];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const original = Now[key];
    if (original !== undefined) replace(Now, key, imitate(original, own[key] as Method));
  }
}
