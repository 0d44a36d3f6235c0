/**
 * The types of the keys of a wrangler file that NANO acts on. The same schema holds for the top level and
 * for each `env` section. Keys it does not name are left to wrangler-keys.ts.
 */
import { z } from 'zod';
import { assetsSchema } from './assets.ts';
import { bindingShape } from './bindings/table.ts';
import { kind } from './document.ts';
import { egressSchema } from './egress.ts';
import { limitShape } from './limit-schema.ts';
import { NAME_RULE, nameFault } from './names.ts';
import { customDomainFault, parseRoutePattern } from './route-pattern.ts';
import { shown } from './schema-problems.ts';
import { triggersSchema } from './triggers.ts';
import type { Json } from '../protocol/bindings.ts';

const strings = z.record(z.string(), z.string());

const name = z.string().refine((value) => value === '' || nameFault(value) === undefined, {
  error: (issue) => `${shown(issue.input)} cannot be the name of an app: it ${nameFault(String(issue.input))}. Allowed are ${NAME_RULE}.`,
});

/** What is wrong with a compatibility date, as a sentence. */
export function dateFault(date: string, today: string): string | undefined {
  if (/[–—]/.test(date)) return `${shown(date)} is written with dashes that are no hyphens (-).`;
  const valid = /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);
  if (!valid) return `${shown(date)} is not a date of the form YYYY-MM-DD.`;
  return date > today ? `Can't set a compatibility date in the future: ${shown(date)}. Today's date (UTC) is ${shown(today)}.` : undefined;
}

const json: z.ZodType<Json> = z.unknown().transform((value, context): Json => {
  const date = findDate(value);
  if (date !== undefined)
    context.issues.push({ code: 'custom', input: value, message: `A TOML date is not supported here. Please use a string instead, e.g. "2025-12-19".` });
  return value as Json;
});

function findDate(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  return typeof value === 'object' && value !== null ? Object.values(value).map(findDate).find(Boolean) : undefined;
}

const ROUTE_KEYS = ['pattern', 'zone_id', 'zone_name', 'custom_domain', 'enabled', 'previews_enabled'];

const route = z.unknown().transform((value, context) => {
  const fault = routeFault(value);
  if (fault !== undefined) context.issues.push({ code: 'custom', input: value, message: fault });
  return value as string | { pattern: string; custom_domain?: boolean; enabled?: boolean };
});

function routeFault(value: unknown): string | undefined {
  if (value === '') return undefined;
  if (typeof value === 'string') return patternFault(value);
  const shape = `a string, or an object with shape { pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `Expected ${shape}, but got ${shown(value)}.`;
  const object = value as Record<string, unknown>;
  const unknown = Object.keys(object).find((key) => !ROUTE_KEYS.includes(key));
  if (unknown !== undefined) return `Expected ${shape}, but there is a key "${unknown}".`;
  for (const key of ['pattern', 'zone_id', 'zone_name'])
    if (object[key] !== undefined && typeof object[key] !== 'string') return `Expected "${key}" to be a string, but got ${kind(object[key])}.`;
  for (const key of ['custom_domain', 'enabled', 'previews_enabled'])
    if (object[key] !== undefined && typeof object[key] !== 'boolean') return `Expected "${key}" to be true or false, but got ${shown(object[key])}.`;
  if (typeof object['pattern'] !== 'string') return `Expected ${shape}, but there is no "pattern".`;
  if (object['zone_id'] !== undefined && object['zone_name'] !== undefined) return 'Only one of "zone_id" and "zone_name" may be set.';
  return object['custom_domain'] === true ? customDomainFault(object['pattern']) : patternFault(object['pattern']);
}

function patternFault(pattern: string): string | undefined {
  const parsed = parseRoutePattern(pattern);
  return typeof parsed === 'string' ? parsed : undefined;
}

const rule = z.object({
  type: z.enum(['ESModule', 'CommonJS', 'CompiledWasm', 'Text', 'Data']),
  globs: z.array(z.string()),
  fallthrough: z.boolean().optional(),
});

const isolation = z.enum(['shared', 'request']);
const trustGroup = z.string().refine((value) => nameFault(value) === undefined, { error: `A trust group is named with ${NAME_RULE}.` });

/** NANO's own keys. What `describe` says is in docs/reference/configuration.md. */
export const nanoSchema = z.strictObject({
  isolation: isolation.optional().describe('"shared": one context for all requests (the default); "request": a fresh context for each.'),
  egress: egressSchema.optional().describe('`allow`: if not empty, the only hosts, addresses and networks that fetch may reach; `deny`: those it may not.'),
  limits: z.strictObject(limitShape('app')).optional().describe("The app's own limits, below the server's ceilings. See limits.md for the keys."),
  timers: z.literal('coarse').optional().describe('"coarse": clocks stand still while the app runs, also in `nano dev` and where the server says otherwise.'),
  trust_group: trustGroup
    .optional()
    .describe('Apps of one trust group may share processes and stores; others never do. The server decides who may be in which. Default: "default".'),
  dispatch_namespace: z.string().min(1).optional().describe('The dispatch namespace the app is in: apps bound to that call it, and nobody else reaches it.'),
});

export const sectionSchema = z.looseObject({
  name: name.optional(),
  main: z.string().min(1).optional(),
  base_dir: z.string().optional(),
  compatibility_date: z.string().optional(),
  compatibility_flags: z.array(z.string()).optional(),
  find_additional_modules: z.boolean().optional(),
  preserve_file_names: z.boolean().optional(),
  routes: z.array(route).optional(),
  route: route.optional(),
  tsconfig: z.string().optional(),
  jsx_factory: z.string().optional(),
  jsx_fragment: z.string().optional(),
  limits: z.looseObject(limitShape('app')).optional(),
  rules: z.array(rule).optional(),
  build: z
    .looseObject({ command: z.string().optional(), cwd: z.string().optional(), watch_dir: z.union([z.string(), z.array(z.string())]).optional() })
    .optional(),
  no_bundle: z.boolean().optional(),
  minify: z.boolean().optional(),
  keep_names: z.boolean().optional(),
  define: strings.optional(),
  vars: z.record(z.string(), json).optional(),
  secrets: z.looseObject({ required: z.array(z.string()).optional() }).optional(),
  alias: strings.optional(),
  ...bindingShape,
  triggers: triggersSchema.optional(),
  tail_consumers: z.array(z.looseObject({ service: z.string().min(1), environment: z.string().optional() })).optional(),
  assets: assetsSchema.optional(),
  env: z.record(z.string(), z.looseObject({})).optional(),
  nano: nanoSchema.optional(),
  isolation: isolation.optional(),
  egress: egressSchema.optional(),
  trust_group: trustGroup.optional(),
  dispatch_namespace: z.string().min(1).optional(),
  timers: z.literal('coarse').optional(),
});

export type Section = z.infer<typeof sectionSchema>;

/** The keys that may stand at a path of a section, for "did you mean". */
export function sectionKeys(path: readonly (string | number)[]): readonly string[] {
  const last = path.at(-1);
  if (last === 'nano') return Object.keys(nanoSchema.shape);
  if (last === 'egress') return Object.keys(egressSchema.shape);
  return last === 'limits' ? Object.keys(limitShape('app')) : [];
}
