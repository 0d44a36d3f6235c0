/**
 * Reads nano.jsonc, the configuration of the server, strictly: a key nobody knows is an error, since a
 * mistyped limit that silently does nothing is worse than a server that does not start.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { CEILING_LIMITS, DEFAULT_LIMITS, LIMIT_NAMES, LIMITS, type Limits } from '../protocol/limits.ts';
import { DEFAULT_SERVER, defaultEngines } from './defaults.ts';
import { type ConfigDocument, type KeyPath, readDocument } from './document.ts';
import { egressSchema } from './egress.ts';
import { deepFreeze } from './freeze.ts';
import { limitShape, limitsByName } from './limit-schema.ts';
import { NAME_RULE, nameFault } from './names.ts';
import { ConfigError, configError, Problem } from './problem.ts';
import { normalisePatternHost } from './route-pattern.ts';
import { schemaProblems, shown } from './schema-problems.ts';
import { LOG_LEVELS, type ServerConfig, type ServerOverrides, type TrustGroup } from './server-config.ts';

const SERVER_FILES = ['nano.jsonc', 'nano.json'] as const;
const MAX_ENGINES = 64;

const port = z.int().min(0).max(65535);
const engines = z.int().min(1).max(MAX_ENGINES);
const host = z.string().refine((value) => normalisePatternHost(value.includes(':') && !value.startsWith('[') ? `[${value}]` : value) !== undefined, {
  error: (issue) => `${shown(issue.input)} is not a host name or address.`,
});
const network = z.string().refine(isNetwork, { error: (issue) => `${shown(issue.input)} is neither an address nor a network such as 10.0.0.0/8.` });
const limits = z.strictObject(limitShape('server'));
const appName = z.string().refine((value) => nameFault(value) === undefined, {
  error: (issue) => `${shown(issue.input)} is not the name of an app: it ${nameFault(String(issue.input))}. Allowed are ${NAME_RULE}.`,
});

const secretsSchema = z.strictObject({ key_file: z.string().min(1).optional() });
const trustGroupSchema = z.strictObject({
  apps: z.array(appName).optional(),
  engines: engines.optional(),
  spare: z.boolean().optional(),
});
const serverEgressSchema = egressSchema.extend({ http2: z.boolean().optional() });
const storageSchema = z.strictObject({ fsync: z.enum(['full', 'normal']).optional() });

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** Every key of nano.jsonc. What `describe` says is in docs/reference/configuration.md. */
export const serverSchema = z.strictObject({
  $schema: z.string().optional().describe('Where an editor finds a schema of this file. Not read.'),
  port: port.optional().describe('The port that apps are served on. 0: any free one.'),
  host: host.optional().describe('The address that apps are served on.'),
  admin_port: port.optional().describe('The port of /healthz, /readyz, /metrics and /apps.'),
  admin_host: host.optional().describe('The address of the admin port, which asks nobody who they are.'),
  engines: z
    .union([engines, z.literal('auto')], { error: (issue) => `Expected a whole number from 1 to ${MAX_ENGINES}, or "auto", but got ${shown(issue.input)}.` })
    .optional()
    .describe(`Engine processes, 1 to ${MAX_ENGINES}, or "auto": half of the processors, 16 at most.`),
  spare: z.boolean().optional().describe('Keep one more engine, booted and empty, that takes over when another dies.'),
  engine_memory_mb: z
    .int()
    .min(64)
    .optional()
    .describe("Memory in MB that one engine's isolates may take before idle ones go. Not set: a share of the machine's."),
  engine_limit_mb: z
    .int()
    .min(256)
    .optional()
    .describe('Resident memory in MB beyond which an engine process is replaced. Not set: four fifths of the memory there is, shared by the engines.'),
  trusted_proxies: z
    .array(network)
    .optional()
    .describe('Addresses and networks of reverse proxies, whose X-Forwarded-* headers count. Not set: this machine and private networks. []: nobody.'),
  timers: z
    .enum(['coarse', 'precise'])
    .optional()
    .describe('"coarse": the clocks of apps stand still while their code runs and go on with I/O, so that no app can time itself; "precise": they run.'),
  shared_memory: z
    .boolean()
    .optional()
    .describe('Leave apps SharedArrayBuffer and shared WebAssembly memory, for programs that are built for threads. See security.md.'),
  data_dir: z.string().min(1).optional().describe('The data folder, relative to the configuration file.'),
  secrets: secretsSchema
    .optional()
    .describe(
      '`key_file`: the file of the key that stored secrets are encrypted with, relative to the configuration file. Not set: secrets.key in the data folder.',
    ),
  storage: storageSchema
    .optional()
    .describe('`fsync`: "full" (a write is answered when the disk has it) or "normal" (a crash of the machine, not of NANO, may lose the last writes).'),
  log_level: z
    .enum(LOG_LEVELS)
    .optional()
    .describe(`The least important lines to write: ${LOG_LEVELS.join(', ')}.`),
  limits: z
    .strictObject({ defaults: limits.optional(), ceilings: limits.optional() })
    .optional()
    .describe('`defaults`: what holds for an app that says nothing; `ceilings`: the most an app may ask for. See limits.md for the keys.'),
  drain_ms: z.int().min(0).max(LIMITS.drainMs.ceiling).optional().describe('The same as `limits.defaults.drain_ms`.'),
  egress: serverEgressSchema
    .optional()
    .describe(
      "`deny`: hosts, addresses and networks that no app may reach; `allow`: private ones that every app may. Beside each app's own lists. `http2`: offer HTTP/2 to servers that apps fetch from, for requests without a body; false by default, see the guide on egress.",
    ),
  hyperdrive: z
    .record(z.string(), z.string())
    .optional()
    .describe('Databases, each a connection string by the id that the `hyperdrive` bindings of apps name. They may be in the private network.'),
  trust_groups: z
    .record(z.string(), trustGroupSchema)
    .optional()
    .describe(
      'Groups of apps that may share processes, by name, each with `apps`: the names of all its apps, which wins over what apps say (not set: whoever names the group), `engines` (1; for the group "default" the same as `engines` above) and `spare` (false; for "default" as above).',
    ),
  cordon: z
    .boolean()
    .optional()
    .describe(
      'Apps that no group of `trust_groups` lists are in the group "untrusted", whatever they say, and every app has the name of its folder. For servers whose tenants write configurations. Default: false.',
    ),
  hosts: z.record(z.string(), z.string()).optional().describe('Custom host names, each with the name of its app.'),
});

type ServerFile = z.infer<typeof serverSchema>;

function knownKeys(path: KeyPath): readonly string[] {
  if (path.length === 0) return Object.keys(serverSchema.shape);
  if (path[0] === 'egress') return Object.keys(serverEgressSchema.shape);
  if (path[0] === 'storage') return Object.keys(storageSchema.shape);
  if (path[0] === 'trust_groups') return path.length === 2 ? Object.keys(trustGroupSchema.shape) : [];
  if (path[0] === 'secrets') return Object.keys(secretsSchema.shape);
  return path[0] !== 'limits' ? [] : path.length === 1 ? ['defaults', 'ceilings'] : Object.keys(limits.shape);
}

export interface ServerReadOptions {
  /** Where to look for nano.jsonc when no path is given, and where a relative data folder starts when there is none. Default: the current folder. */
  readonly cwd?: string | undefined;
  readonly overrides?: ServerOverrides | undefined;
}

/**
 * The server's configuration: of the file at `path`, or of nano.jsonc in the current folder, or the defaults.
 * @throws ConfigError with every error found
 */
export function readServerConfig(path?: string, options: ServerReadOptions = {}): ServerConfig {
  const cwd = resolve(options.cwd ?? '.');
  const configPath = path === undefined ? SERVER_FILES.map((name) => join(cwd, name)).find((file) => existsSync(file)) : resolve(cwd, path);
  const document = configPath === undefined ? undefined : readDocument(configPath, '{ "port": 8080 }');
  const file = document === undefined ? {} : parse(document);
  const given = readOverrides(options.overrides ?? {});
  const serverLimits = readLimits(file, document);
  const dataDir =
    given.data_dir !== undefined
      ? resolve(cwd, given.data_dir)
      : resolve(configPath === undefined ? cwd : dirname(configPath), file.data_dir ?? DEFAULT_SERVER.dataDir);
  const merged = { ...file, ...given };
  return deepFreeze({
    configPath,
    port: merged.port ?? DEFAULT_SERVER.port,
    host: unbracketed(merged.host ?? DEFAULT_SERVER.host),
    adminPort: merged.admin_port ?? DEFAULT_SERVER.adminPort,
    adminHost: unbracketed(merged.admin_host ?? DEFAULT_SERVER.adminHost),
    engines: typeof merged.engines === 'number' ? merged.engines : defaultEngines(availableParallelism()),
    spare: merged.spare ?? DEFAULT_SERVER.spare,
    engineMemoryMb: merged.engine_memory_mb,
    engineLimitMb: merged.engine_limit_mb,
    trustedProxies: file.trusted_proxies ?? DEFAULT_SERVER.trustedProxies,
    timers: merged.timers ?? DEFAULT_SERVER.timers,
    sharedMemory: file.shared_memory ?? DEFAULT_SERVER.sharedMemory,
    dataDir,
    secretsKeyFile: file.secrets?.key_file === undefined ? undefined : resolve(configPath === undefined ? cwd : dirname(configPath), file.secrets.key_file),
    fsync: file.storage?.fsync ?? DEFAULT_SERVER.fsync,
    logLevel: merged.log_level ?? DEFAULT_SERVER.logLevel,
    limits: serverLimits,
    drainMs: serverLimits.defaults.drainMs,
    egress: { allow: file.egress?.allow ?? [], deny: file.egress?.deny ?? [] },
    http2: file.egress?.http2 ?? false,
    hyperdrive: file.hyperdrive ?? {},
    trust: { groups: readTrustGroups(file.trust_groups ?? {}, document), cordon: file.cordon ?? false },
    hosts: readHosts(file.hosts ?? {}, document),
  });
}

function unbracketed(name: string): string {
  return name.startsWith('[') ? name.slice(1, -1) : name;
}

function parse(document: ConfigDocument): ServerFile {
  // The operator's file has no warnings: what does not hold as it stands is an error.
  if (document.warnings.length > 0) throw new ConfigError(document.warnings.map((warning) => new Problem({ ...warning, severity: 'error' })));
  const result = serverSchema.safeParse(document.value);
  if (!result.success) throw new ConfigError(schemaProblems(document, result.error, document.value, knownKeys));
  const { port: one, admin_port: other } = result.data;
  if (one !== undefined && one !== 0 && one === other)
    throw new ConfigError([
      document.problem('error', ['admin_port'], `Port ${one} is that of the apps already.`, { hint: 'Choose another one for "admin_port".' }),
    ]);
  return result.data;
}

/** The command line's values, through the same schema as the file's. */
function readOverrides(overrides: ServerOverrides): ServerFile {
  const raw = {
    port: numeric(overrides.port),
    host: overrides.host,
    admin_port: numeric(overrides.adminPort),
    admin_host: overrides.adminHost,
    engines: numeric(overrides.engines),
    data_dir: overrides.dataDir,
    log_level: overrides.logLevel,
  };
  const present = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  const result = serverSchema.safeParse(present);
  if (result.success) return result.data;
  const empty = {
    problem: (severity: 'error' | 'warning', key: KeyPath, message: string, more: object = {}) =>
      new Problem({ severity, key: `--${String(key[0]).replaceAll('_', '-')}`, message, ...more }),
  };
  throw new ConfigError(schemaProblems(empty, result.error, present, knownKeys));
}

function numeric(value: number | string | undefined): number | string | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function readLimits(file: ServerFile, document: ConfigDocument | undefined): { defaults: Limits; ceilings: Limits } {
  const ceilings = { ...CEILING_LIMITS, ...limitsByName(file.limits?.ceilings) };
  const asked = limitsByName(file.limits?.defaults);
  if (file.drain_ms !== undefined) asked.drainMs = file.drain_ms;
  const problems: Problem[] = [];
  const note = (where: 'defaults' | 'ceilings', key: string, message: string, hint: string): void => {
    if (document !== undefined) problems.push(document.problem('error', ['limits', where, key], message, { hint }));
  };
  for (const name of LIMIT_NAMES) {
    const { key, ceiling } = LIMITS[name];
    if (ceilings[name] > ceiling) note('ceilings', key, `${ceilings[name]} is more than the ${ceiling} that this version can keep.`, `Set ${ceiling} or less.`);
    const wish = asked[name];
    if (wish !== undefined && wish > ceilings[name])
      note('defaults', key, `The default of ${wish} is above the ceiling of ${ceilings[name]}.`, `Lower it, or raise "limits.ceilings.${key}".`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // A lowered ceiling lowers the built-in default with it.
  const defaults = Object.fromEntries(LIMIT_NAMES.map((name) => [name, Math.min(asked[name] ?? DEFAULT_LIMITS[name], ceilings[name])]));
  return { defaults: defaults as unknown as Limits, ceilings };
}

function readTrustGroups(groups: NonNullable<ServerFile['trust_groups']>, document: ConfigDocument | undefined): Record<string, TrustGroup> {
  const groupOf = new Map<string, string>();
  const result: [string, TrustGroup][] = [];
  const problems: Problem[] = [];
  const note = (path: KeyPath, message: string, hint: string): void => {
    if (document !== undefined) problems.push(document.problem('error', ['trust_groups', ...path], message, { hint }));
  };
  for (const [group, { apps, engines: count, spare }] of Object.entries(groups)) {
    const fault = nameFault(group);
    if (fault !== undefined) note([group], `${shown(group)} cannot be the name of a trust group: it ${fault}.`, `A trust group is named with ${NAME_RULE}.`);
    for (const app of new Set(apps)) {
      const other = groupOf.get(app);
      if (other !== undefined)
        note([group, 'apps'], `The app "${app}" is in the group "${other}" already.`, 'An app is in one group: remove it from the other.');
      groupOf.set(app, group);
    }
    result.push([group, { apps, engines: count, spare }]);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(result);
}

function readHosts(hosts: Readonly<Record<string, string>>, document: ConfigDocument | undefined): Record<string, string> {
  const result = new Map<string, string>();
  for (const [raw, app] of Object.entries(hosts)) {
    const name = normalisePatternHost(raw);
    const fault =
      name === undefined
        ? `${shown(raw)} is not a host name.`
        : result.has(name)
          ? `The host ${shown(name)} is named twice.`
          : nameFault(app) === undefined
            ? undefined
            : `${shown(app)} is not the name of an app: it ${nameFault(app)}.`;
    const fields = { allowed: `a host name, and the name of an app (${NAME_RULE})`, hint: 'Write "shop.example.com": "shop".' };
    if (fault !== undefined)
      throw document === undefined ? configError({ message: fault, ...fields }) : new ConfigError([document.problem('error', ['hosts', raw], fault, fields)]);
    if (name !== undefined) result.set(name, app);
  }
  return Object.fromEntries(result);
}
