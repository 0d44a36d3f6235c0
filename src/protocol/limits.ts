/**
 * Every published limit: one frozen entry each, the only place where its numbers are written.
 *
 * `default` holds when nobody says otherwise, `ceiling` is the most a server's configuration may
 * allow, `minimum` the least that makes sense. The server's configuration sets an installation's own
 * defaults and ceilings; an app's `limits` move below the server's ceiling.
 */

export type LimitUnit = 'megabytes' | 'bytes' | 'milliseconds' | 'count';
/** Who may set it: an app in its configuration (below the server's ceiling), or the server alone. */
export type LimitScope = 'app' | 'server';

export interface Limit {
  readonly name: string;
  /** The key in `limits` of wrangler.jsonc, in `nano.limits`, and in nano.jsonc. */
  readonly key: string;
  readonly default: number;
  readonly ceiling: number;
  readonly minimum: number;
  readonly unit: LimitUnit;
  readonly scope: LimitScope;
  readonly description: string;
}

const KB = 1024;
const MB = 1024 * KB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

function limit<const T extends Limit>(value: T): Readonly<T> {
  return Object.freeze(value);
}

export const LIMITS = Object.freeze({
  memoryMb: limit({
    name: 'memoryMb',
    key: 'memory_mb',
    default: 128,
    ceiling: 4096,
    minimum: 8,
    unit: 'megabytes',
    scope: 'app',
    description: 'memory of one isolate: heap, array buffers and WebAssembly memory',
  }),
  cpuMs: limit({
    name: 'cpuMs',
    key: 'cpu_ms',
    default: 5 * SECOND,
    ceiling: 5 * MINUTE,
    minimum: 1,
    unit: 'milliseconds',
    scope: 'app',
    description: 'CPU time of one event, not counting time spent waiting',
  }),
  startupMs: limit({
    name: 'startupMs',
    key: 'startup_ms',
    default: 1 * SECOND,
    ceiling: 30 * SECOND,
    minimum: 10,
    unit: 'milliseconds',
    scope: 'app',
    description: 'CPU time of evaluating the modules of an app',
  }),
  bundleBytes: limit({
    name: 'bundleBytes',
    key: 'bundle_bytes',
    default: 10 * MB,
    ceiling: 64 * MB,
    minimum: KB,
    unit: 'bytes',
    scope: 'server',
    description: 'size of all modules of an app together, after bundling, without source maps',
  }),
  subrequests: limit({
    name: 'subrequests',
    key: 'subrequests',
    default: 100,
    ceiling: 1000,
    minimum: 0,
    unit: 'count',
    scope: 'app',
    description: 'outgoing requests of one event',
  }),
  connections: limit({
    name: 'connections',
    key: 'connections',
    default: 6,
    ceiling: 100,
    minimum: 1,
    unit: 'count',
    scope: 'app',
    description: 'outgoing connections one event may have open at the same time',
  }),
  envVars: limit({
    name: 'envVars',
    key: 'env_vars',
    default: 128,
    ceiling: 1024,
    minimum: 0,
    unit: 'count',
    scope: 'server',
    description: 'variables and secrets of one app',
  }),
  envVarBytes: limit({
    name: 'envVarBytes',
    key: 'env_var_bytes',
    default: 5 * KB,
    ceiling: 64 * KB,
    minimum: 1,
    unit: 'bytes',
    scope: 'server',
    description: 'size of one variable or secret, in UTF-8',
  }),
  requestBodyBytes: limit({
    name: 'requestBodyBytes',
    key: 'request_body_bytes',
    default: 100 * MB,
    ceiling: 5 * KB * MB,
    minimum: 0,
    unit: 'bytes',
    scope: 'app',
    description: 'body of one incoming request',
  }),
  responseBodyBytes: limit({
    name: 'responseBodyBytes',
    key: 'response_body_bytes',
    default: Infinity,
    ceiling: Infinity,
    minimum: 0,
    unit: 'bytes',
    scope: 'app',
    description: 'body of one response',
  }),
  storageMb: limit({
    name: 'storageMb',
    key: 'storage_mb',
    default: 10 * KB,
    ceiling: Infinity,
    minimum: 1,
    unit: 'megabytes',
    scope: 'app',
    description: 'disk space of what an app stores: KV, D1, R2, queues and analytics together',
  }),
  urlBytes: limit({
    name: 'urlBytes',
    key: 'url_bytes',
    default: 16 * KB,
    ceiling: 64 * KB,
    minimum: 256,
    unit: 'bytes',
    scope: 'server',
    description: 'URL of one incoming request',
  }),
  headerBytes: limit({
    name: 'headerBytes',
    key: 'header_bytes',
    default: 128 * KB,
    ceiling: 1 * MB,
    minimum: KB,
    unit: 'bytes',
    scope: 'server',
    description: 'all headers of one incoming request, and of one response',
  }),
  waitUntilMs: limit({
    name: 'waitUntilMs',
    key: 'wait_until_ms',
    default: 30 * SECOND,
    ceiling: 15 * MINUTE,
    minimum: 0,
    unit: 'milliseconds',
    scope: 'app',
    description: 'time that waitUntil work may go on after the response',
  }),
  headMs: limit({
    name: 'headMs',
    key: 'head_ms',
    default: 15 * SECOND,
    ceiling: 5 * MINUTE,
    minimum: 100,
    unit: 'milliseconds',
    scope: 'server',
    description: 'time a client may take to send the head of a request',
  }),
  idleMs: limit({
    name: 'idleMs',
    key: 'idle_ms',
    default: 60 * SECOND,
    ceiling: 60 * MINUTE,
    minimum: 1 * SECOND,
    unit: 'milliseconds',
    scope: 'server',
    description: 'time a client connection may be without any progress',
  }),
  drainMs: limit({
    name: 'drainMs',
    key: 'drain_ms',
    default: 30 * SECOND,
    ceiling: 60 * MINUTE,
    minimum: 0,
    unit: 'milliseconds',
    scope: 'server',
    description: 'time that requests in flight get to finish when the server or an old version of an app stops',
  }),
});

export type LimitName = keyof typeof LIMITS;
/** A value for every limit; `Infinity` where there is none. */
export type Limits = { readonly [K in LimitName]: number };

export const LIMIT_NAMES = Object.freeze(Object.keys(LIMITS)) as readonly LimitName[];

/** The limits that hold where no configuration says anything. */
export const DEFAULT_LIMITS: Limits = Object.freeze(Object.fromEntries(LIMIT_NAMES.map((name) => [name, LIMITS[name].default]))) as Limits;
/** The most that any configuration may allow. */
export const CEILING_LIMITS: Limits = Object.freeze(Object.fromEntries(LIMIT_NAMES.map((name) => [name, LIMITS[name].ceiling]))) as Limits;
