/** From an app's configuration and bundle to its row in the table that engines work by. */
import { createHash } from 'node:crypto';
import type { AssetsConfig } from '../config/assets.ts';
import { type Lowered, resolveLimits, type ServerLimits } from '../config/limits.ts';
import type { TrustConfig } from '../config/server-config.ts';
import type { EgressConfig, WorkerConfig } from '../config/worker-config.ts';
import { withOrigins } from './hyperdrive.ts';
import { type ReadSecrets, withStoreSecrets } from './store-secrets.ts';
import { groupOf } from './trust.ts';
import type { AssetSettings } from '../protocol/assets.ts';
import type { Limits } from '../protocol/limits.ts';
import type { AppLimits, AppRecord } from '../protocol/engine.ts';

export { DEFAULT_GROUP } from './trust.ts';

/** What of the server's configuration is part of every app's row. */
export type AppSettings = {
  limits: ServerLimits;
  egress: EgressConfig;
  /** Custom host names, and the app each belongs to. */
  hosts: Readonly<Record<string, string>>;
  /** May apps reach this machine itself? In nano dev they may. */
  private: 'deny' | 'loopback';
  /** How precise apps' clocks are that do not ask for coarse ones. */
  timers: 'coarse' | 'precise';
  sharedMemory: boolean;
  /** Connection strings of databases, by id. */
  hyperdrive: Readonly<Record<string, string>>;
  /** Which app may be in which trust group. */
  trust: TrustConfig;
  /** What stores of secrets hold. */
  readSecrets?: ReadSecrets | undefined;
};

/** Everything of a row but the place where things lie. */
export type AppDescription = Omit<AppRecord, 'slot' | 'bundleDir' | 'state' | 'reason'>;

/** The row of a built app. Its version names configuration and code together: another version for every difference in either. */
export function describeApp(config: WorkerConfig, digest: string, settings: AppSettings): { app: AppDescription; lowered: readonly Lowered[] } {
  const { limits, lowered } = resolveLimits(config.limits, settings.limits);
  const group = groupOf(config.name, config.trustGroup, settings.trust);
  const unversioned = {
    name: config.name,
    compatibilityDate: config.compatibilityDate,
    compatibilityFlags: [...config.compatibilityFlags],
    vars: { ...config.vars, ...config.secrets },
    secretNames: Object.keys(config.secrets),
    bindings: withStoreSecrets(group, withOrigins(config.name, config.bindings, settings), settings.readSecrets),
    ...(config.assets !== undefined && { assets: assetsOf(config, config.assets) }),
    group,
    ...(config.dispatchNamespace === undefined ? {} : { namespace: config.dispatchNamespace }),
    limits: limitsOf(limits),
    isolation: config.isolation,
    timers: config.timers ?? settings.timers,
    ...(settings.sharedMemory && { sharedMemory: true as const }),
    egress: egressOf(config.egress, settings),
    routes: config.routes.map(({ pattern, customDomain }) => ({ pattern, customDomain })),
    hosts: hostsOf(config.name, settings),
    crons: [...config.crons],
    ...(config.tailConsumers.length === 0 ? {} : { tailConsumers: config.tailConsumers }),
    ...(config.consumers.length === 0 ? {} : { consumers: config.consumers.map((consumer) => ({ ...consumer })) }),
  };
  const version = createHash('sha256')
    .update(digest)
    .update(JSON.stringify(unversioned))
    .update(config.versionMetadata ?? '')
    .digest('hex')
    .slice(0, 12);
  return { app: { ...unversioned, version }, lowered };
}

/** The row of an app that never worked: it holds the name, so that its address says 503 and not 404. */
export function brokenApp(name: string, reason: string, settings: AppSettings): Omit<AppRecord, 'slot'> {
  return {
    name,
    version: '',
    bundleDir: '',
    compatibilityDate: '',
    compatibilityFlags: [],
    vars: {},
    secretNames: [],
    bindings: [],
    group: groupOf(name, undefined, settings.trust),
    limits: limitsOf(settings.limits.defaults),
    isolation: 'shared',
    timers: 'coarse',
    egress: { private: 'deny', allow: [], privateAllow: [], deny: [] },
    routes: [],
    hosts: hostsOf(name, settings),
    crons: [],
    state: 'broken',
    reason,
  };
}

/** What of the limits is part of a row. */
function limitsOf(limits: Limits): AppLimits {
  const { memoryMb, cpuMs, startupMs, subrequests, requestBodyBytes, connections, waitUntilMs, responseBodyBytes, storageMb } = limits;
  const given: AppLimits = { memoryMb, cpuMs, startupMs, subrequests, requestBodyBytes, connections, waitUntilMs };
  // JSON, in which rows travel, has no infinity.
  if (Number.isFinite(responseBodyBytes)) given.responseBodyBytes = responseBodyBytes;
  if (Number.isFinite(storageMb)) given.storageMb = storageMb;
  return given;
}

function assetsOf(config: WorkerConfig, { htmlHandling, notFoundHandling, runWorkerFirst }: AssetsConfig): AssetSettings {
  return { htmlHandling, notFoundHandling, runWorkerFirst, hasWorker: config.main !== '' };
}

function hostsOf(name: string, settings: AppSettings): string[] {
  return Object.keys(settings.hosts).filter((host) => settings.hosts[host] === name);
}

/** An app's own list narrows what it may reach. Only the server's opens the private network; in nano dev the developer is the operator. */
function egressOf(own: EgressConfig, settings: AppSettings): AppRecord['egress'] {
  return {
    private: settings.private,
    allow: [...own.allow],
    privateAllow: settings.private === 'loopback' ? [...settings.egress.allow, ...own.allow] : [...settings.egress.allow],
    deny: [...settings.egress.deny, ...own.deny],
  };
}
