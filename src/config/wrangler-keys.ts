/**
 * Every top-level key of a wrangler file, and what NANO does with it. One entry each, in wrangler's three
 * groups: inherited by named environments, not inherited, and top level only.
 *
 * - `acted`: read and followed.
 * - `accepted`: read without effect and without a word; it concerns Cloudflare's build, upload or account.
 * - `later`: planned; a warning says that it has no effect yet.
 * - `unsupported`: a warning says that it has none.
 * - `removed`: an error, as in wrangler.
 */

import { isKnownUnsafe } from './bindings/ratelimits.ts';

export type KeyScope = 'inheritable' | 'environment' | 'top';
export type KeyTreatment = 'acted' | 'accepted' | 'later' | 'unsupported' | 'removed';

export interface WranglerKey {
  readonly name: string;
  readonly scope: KeyScope;
  readonly treatment: KeyTreatment;
  /** What happens instead, as the end of the warning's sentence; {bindings} stands for the names of the bindings. */
  readonly effect?: string;
  /** The value that asks for nothing, and so needs no warning: the key's default. */
  readonly harmless?: (value: unknown) => boolean;
}

const MISSING = '{bindings} will be missing from env';

function keys(scope: KeyScope, treatment: KeyTreatment, names: string, effect?: string, harmless?: (value: unknown) => boolean): WranglerKey[] {
  return names
    .split(' ')
    .map((name) => Object.freeze({ name, scope, treatment, ...(effect !== undefined && { effect }), ...(harmless !== undefined && { harmless }) }));
}

const isOff = (value: unknown): boolean => value === false || value === undefined;
/** What tools write for every app: which files are left out. */
const asksForNoPython = (value: unknown): boolean => Object.keys(Object(value)).every((key) => key === 'exclude');
const has = (value: unknown, key: string): boolean => typeof value === 'object' && value !== null && key in value;

const TABLE: readonly WranglerKey[] = [
  ...keys(
    'inheritable',
    'acted',
    'name compatibility_date compatibility_flags main find_additional_modules preserve_file_names base_dir routes route tsconfig jsx_factory jsx_fragment limits rules build no_bundle minify triggers keep_names assets',
  ),
  ...keys('inheritable', 'accepted', 'account_id workers_dev upload_source_maps'),
  ...keys('inheritable', 'later', 'preview_urls', 'no preview address is published', isOff),
  ...keys('inheritable', 'later', 'migrations exports', 'no Durable Object class is set up'),
  ...keys(
    'inheritable',
    'later',
    'observability',
    'every request is logged',
    (value) => typeof value === 'object' && value !== null && Object.keys(value).every((key) => key === 'enabled'),
  ),
  ...keys('inheritable', 'later', 'cache', 'responses are not cached', (value) => !has(value, 'enabled') || (value as { enabled?: unknown }).enabled === false),
  ...keys('inheritable', 'unsupported', 'first_party_worker logfwdr logpush access', 'it has no effect', isOff),
  ...keys('inheritable', 'unsupported', 'compliance_region placement', 'the app runs on this server'),
  ...keys('inheritable', 'unsupported', 'python_modules', 'only JavaScript, TypeScript and WebAssembly run', asksForNoPython),
  ...keys('inheritable', 'unsupported', 'previews', 'it has no effect'),

  ...keys(
    'environment',
    'acted',
    'define vars secrets queues kv_namespaces d1_databases r2_buckets version_metadata ratelimits hyperdrive analytics_engine_datasets services dispatch_namespaces worker_loaders secrets_store_secrets tail_consumers',
  ),
  ...keys('environment', 'later', 'durable_objects workflows mtls_certificates', MISSING),
  ...keys('environment', 'later', 'unsafe', MISSING, isKnownUnsafe),
  ...keys('environment', 'later', 'connect', 'no TCP port is listened on'),
  ...keys('environment', 'later', 'streaming_tail_consumers', 'no tail worker is called'),
  ...keys('environment', 'unsupported', 'cloudchamber containers', 'no container is started'),
  ...keys(
    'environment',
    'unsupported',
    'send_email vectorize ai ai_search ai_search_namespaces agent_memory websearch browser images media stream pipelines artifacts flagship unsafe_hello_world vpc_services vpc_networks',
    MISSING,
  ),

  ...keys('top', 'acted', '$schema env alias'),
  ...keys('top', 'accepted', 'send_metrics dependencies_instrumentation dev keep_vars'),
  // Of files that tools have made.
  ...keys('top', 'accepted', 'configPath userConfigPath topLevelName definedEnvironments targetEnvironment'),
  ...keys('top', 'later', 'wasm_modules text_blobs data_blobs', 'the global variables {bindings} will be missing'),
  ...keys('top', 'unsupported', 'site', 'no static file is served (Workers Sites is superseded by "assets")'),
  ...keys('top', 'unsupported', 'addresses', 'no e-mail is received'),
  ...keys('top', 'unsupported', 'pages_build_output_dir', 'Pages projects are not supported; "main" is what runs'),

  ...keys('inheritable', 'removed', 'node_compat', 'use the "nodejs_compat" compatibility flag instead'),
  ...keys('top', 'removed', 'legacy_env', 'each environment is an app of its own named "<name>-<environment>"; remove the key'),
];

export const WRANGLER_KEYS: ReadonlyMap<string, WranglerKey> = new Map(TABLE.map((key) => [key.name, key]));

/** NANO's own keys, at the top level of a wrangler file, in an environment, or in an object "nano" in either. */
export const NANO_KEYS = ['isolation', 'egress', 'limits', 'timers', 'trust_group', 'dispatch_namespace'] as const;

/** The names under which a key's value would appear in env, as far as they can be seen. */
export function bindingNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(bindingNames);
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  for (const field of ['binding', 'name']) if (typeof record[field] === 'string') return [record[field]];
  return ['bindings', 'producers'].flatMap((field) => bindingNames(record[field]));
}
