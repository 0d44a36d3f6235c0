/** `ratelimits`, and what they were called before: bindings of type "ratelimit" under `unsafe`. @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/ */
import { z } from 'zod';
import type { BindingRecord } from '../../protocol/bindings.ts';
import { bindingKey } from './kind.ts';

const simple = z.object({
  limit: z.number(),
  period: z.number().refine((value) => value === 10 || value === 60, { error: 'A period must be either 10 or 60 seconds.' }),
});
const ratelimit = z.looseObject({ name: z.string().min(1), namespace_id: z.string(), simple });

function record({ name, namespace_id, simple: { limit, period } }: z.output<typeof ratelimit>): BindingRecord {
  return { name, type: 'ratelimit', options: { namespace: namespace_id, limit, period } };
}

export const ratelimitsKey = bindingKey({
  key: 'ratelimits',
  schema: z.array(ratelimit),
  read: (limits) => limits.map(record),
});

const unsafeBinding = z.looseObject({ name: z.string().min(1), type: z.string() });

export const unsafeKey = bindingKey({
  key: 'unsafe',
  schema: z.looseObject({
    bindings: z.array(unsafeBinding.transform((value, context) => (value.type === 'ratelimit' ? checked(value, context) : undefined))).optional(),
  }),
  read: ({ bindings = [] }) => bindings.filter((one) => one !== undefined).map(record),
});

function checked(value: unknown, context: z.core.ParsePayload): z.output<typeof ratelimit> {
  const result = ratelimit.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.issues.push({ ...issue, code: 'custom', input: value });
  return z.NEVER;
}

/** Every binding under `unsafe` is one that is known. */
export function isKnownUnsafe(value: unknown): boolean {
  const { bindings, ...rest } = (value ?? {}) as { bindings?: unknown };
  return Object.keys(rest).length === 0 && Array.isArray(bindings) && bindings.every((one) => (one as { type?: unknown } | null)?.type === 'ratelimit');
}
