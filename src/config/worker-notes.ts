/** The warnings about a wrangler file: keys without effect here, keys nobody knows, keys an environment does not inherit. */
import type { ConfigDocument, KeyPath } from './document.ts';
import { limitKeys } from './limits.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { bindingNames, NANO_KEYS, WRANGLER_KEYS } from './wrangler-keys.ts';

type Values = Readonly<Record<string, unknown>>;

export interface Sections {
  readonly top: Values;
  /** The chosen `env` section, and its name. */
  readonly env: Values | undefined;
  readonly envName: string | undefined;
  /** A build tool has made the file. */
  readonly isRedirected: boolean;
}

/** One problem per key and reason: errors for keys that wrangler removed, warnings for the rest. */
export function noteKeys(document: ConfigDocument, sections: Sections): Problem[] {
  const { top, env, envName, isRedirected } = sections;
  const notes = [...unexpected(document, top, [], 'top-level', true, isRedirected), ...nested(document, top, [])];
  if (env !== undefined && envName !== undefined) {
    const base = ['env', envName];
    notes.push(...unexpected(document, env, base, `env.${envName}`, false, isRedirected), ...nested(document, env, base));
    for (const key of WRANGLER_KEYS.values()) {
      if (key.scope !== 'environment' || top[key.name] === undefined) continue;
      if (env[key.name] === undefined) notes.push(notInherited(document, key.name, envName));
      else if (key.name === 'vars' || key.name === 'define') notes.push(...missingEntries(document, key.name, top[key.name], env[key.name], envName));
    }
    notes.push(...inheritedDomains(document, sections));
  }
  return [...notes, ...withoutEffect(document, sections)];
}

function unexpected(document: ConfigDocument, values: Values, base: KeyPath, field: string, isTop: boolean, isRedirected: boolean): Problem[] {
  const known = [...WRANGLER_KEYS.values()].filter((key) => isTop || key.scope !== 'top').map((key) => key.name);
  const all = new Set([...known, ...NANO_KEYS, 'nano']);
  return (
    Object.keys(values)
      .filter((name) => !all.has(name) && WRANGLER_KEYS.get(name)?.treatment !== 'removed')
      // A newer tool writes keys that nobody has asked it for.
      .filter((name) => !isRedirected || !isEmpty(values[name]))
      .map((name) => {
        const meant = nearest(name, all);
        return document.problem('warning', [...base, name], `Unexpected fields found in ${field} field: "${name}"`, {
          hint: meant === undefined ? 'It has no effect; remove it.' : `Did you mean "${meant}"?`,
        });
      })
  );
}

const NESTED: Readonly<Record<string, readonly string[]>> = {
  limits: limitKeys('app'),
  build: ['command', 'cwd', 'watch_dir'],
  secrets: ['required'],
  triggers: ['crons', 'events'],
};

function nested(document: ConfigDocument, values: Values, base: KeyPath): Problem[] {
  return Object.entries(NESTED).flatMap(([field, known]) => {
    const value = values[field];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.keys(value)
      .filter((name) => !known.includes(name))
      .map((name) =>
        document.problem('warning', [...base, field, name], `Unexpected fields found in ${field} field: "${name}"`, { allowed: known.join(', ') }),
      );
  });
}

function notInherited(document: ConfigDocument, name: string, env: string): Problem {
  const message = `"${name}" exists at the top level, but not on "env.${env}".\nThis is not what you probably want, since "${name}" is not inherited by environments.`;
  return document.problem('warning', [name], message, { hint: `Please add "${name}" to "env.${env}".` });
}

function missingEntries(document: ConfigDocument, name: 'vars' | 'define', top: unknown, env: unknown, envName: string): Problem[] {
  const missing = Object.keys(Object(top)).filter((entry) => !Object.hasOwn(Object(env), entry));
  if (missing.length === 0) return [];
  const what = name === 'vars' ? 'vars' : 'define entries';
  const message = `The following ${what} exist at the top level, but not on "env.${envName}.${name}": ${missing.map((entry) => `"${entry}"`).join(', ')}.\nThis is probably not what you want, since "${name}" configuration is not inherited by environments.`;
  return [document.problem('warning', ['env', envName, name], message, { hint: `Please add them to "env.${envName}.${name}".` })];
}

function inheritedDomains(document: ConfigDocument, { top, env, envName }: Sections): Problem[] {
  if (env?.['routes'] !== undefined || env?.['route'] !== undefined || !Array.isArray(top['routes'])) return [];
  const domains = top['routes'].filter((route) => Object(route).custom_domain === true).map((route) => Object(route).pattern);
  if (domains.length === 0) return [];
  const message = `The "env.${envName}" environment inherits the top-level \`routes\` configuration, which includes the custom domain(s): ${domains.join(', ')}.`;
  return [
    document.problem('warning', ['routes'], message, {
      hint: `Add \`"routes": []\` to "env.${envName}" to prevent inheritance, or copy the route configuration from the top level to hide this warning.`,
    }),
  ];
}

/** Keys that are read but do nothing. Where both sections have one, the environment's counts. */
function withoutEffect(document: ConfigDocument, { top, env, envName, isRedirected }: Sections): Problem[] {
  const notes: Problem[] = [];
  for (const key of WRANGLER_KEYS.values()) {
    const inEnv = env !== undefined && key.scope !== 'top' && env[key.name] !== undefined;
    const value = inEnv ? env[key.name] : env !== undefined && key.scope === 'environment' ? undefined : top[key.name];
    if (value === undefined || key.treatment === 'acted' || key.treatment === 'accepted') continue;
    const path = inEnv && envName !== undefined ? ['env', envName, key.name] : [key.name];
    if (key.treatment === 'removed') {
      // Older tools still write it.
      if (isRedirected && key.name === 'legacy_env') continue;
      notes.push(document.problem('error', path, `The "${key.name}" field is no longer supported.`, { hint: key.effect }));
      continue;
    }
    if (key.harmless?.(value) === true || isEmpty(value)) continue;
    const names = key.name.endsWith('_modules') || key.name.endsWith('_blobs') ? Object.keys(Object(value)) : bindingNames(value);
    const effect = (key.effect ?? 'it has no effect').replace('{bindings}', names.length === 0 ? 'its binding' : names.join(', '));
    const state = key.treatment === 'later' ? 'is not supported yet' : 'is not supported by NANO';
    notes.push(document.problem('warning', path, `"${key.name}" ${state}: ${effect}.`));
  }
  return notes;
}

/** Nothing, or an object of nothing: tools write `{ "bindings": [] }`. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((part) => Array.isArray(part) && part.length === 0);
}
