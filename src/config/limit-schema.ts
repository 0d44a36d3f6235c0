/** The schema of `limits` objects, made from the table of limits. */
import { z } from 'zod';
import { LIMITS, type LimitName } from '../protocol/limits.ts';
import { limitKeys, limitOfKey } from './limits.ts';
import { shown } from './schema-problems.ts';

/** Keys as in the file, values as numbers; "unlimited" is Infinity where the table has no ceiling. */
export function limitShape(who: 'app' | 'server'): Record<string, z.ZodType<number | undefined>> {
  return Object.fromEntries(
    limitKeys(who).map((key) => {
      const name = limitOfKey(key);
      if (name === undefined) throw new TypeError(`no limit has the key ${key}`);
      return [key, limitValue(name).optional()];
    }),
  );
}

function limitValue(name: LimitName): z.ZodType<number> {
  const { minimum, ceiling, unit } = LIMITS[name];
  const unlimited = ceiling === Number.POSITIVE_INFINITY;
  return z.unknown().transform((value, context): number => {
    if (unlimited && value === 'unlimited') return ceiling;
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum) return value;
    const allowed = `a whole number of ${unit === 'count' ? 'at least' : `${unit}, at least`} ${minimum}`;
    context.issues.push({ code: 'custom', input: value, message: `Expected ${allowed}${unlimited ? ', or "unlimited"' : ''}, but got ${shown(value)}.` });
    return minimum;
  });
}

/** `{cpu_ms: 50}` as `{cpuMs: 50}`. Keys of other things are left out. */
export function limitsByName(limits: Readonly<Record<string, unknown>> | undefined): Partial<Record<LimitName, number>> {
  const named: Partial<Record<LimitName, number>> = {};
  for (const [key, value] of Object.entries(limits ?? {})) {
    const name = limitOfKey(key);
    if (name !== undefined && typeof value === 'number') named[name] = value;
  }
  return named;
}
