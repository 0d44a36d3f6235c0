/** From the server's configuration to what engines and apps are told of it. */
import { totalmem } from 'node:os';
import type { ServerConfig } from '../config/server-config.ts';
import type { EngineConfig, StandsBack } from '../protocol/engine.ts';
import { descriptorLimit, mapLimit } from './system-limits.ts';
import type { AppSettings } from './app-record.ts';

/** Booted and empty isolates kept for whoever comes next. */
const SPARE_ISOLATES = 4;
const SPARE_ISOLATES_DEV = 1;

export type EnginePlace = {
  dev: boolean;
  port: number /** 0 where there is no admin server. */;
  adminPort: number;
  ledgerFile: string;
  runtimeFile: string;
  stores: EngineConfig['stores'];
  /** Engines that share the machine's memory, of all groups; the configured number where nothing is said. */
  engines?: number;
  /** What the service may take as a whole, where Node.js does not see it any more. */
  serviceBytes?: number | undefined;
  isBehindFront?: boolean;
  standsBack?: StandsBack | undefined;
  /** For a front: the folder of the groups' sockets. */
  groupSockets?: string;
};

export function engineConfig(config: ServerConfig, place: EnginePlace): EngineConfig {
  const memoryMb = totalMb(place.serviceBytes) / (place.engines ?? config.engines);
  const residentLimitMb = config.engineLimitMb ?? defaultLimitMb(memoryMb);
  return {
    port: place.port,
    host: config.host,
    dataDir: config.dataDir,
    dev: place.dev,
    logLevel: config.logLevel,
    isolateBudgetMb: config.engineMemoryMb ?? defaultBudgetMb(memoryMb),
    residentLimitMb,
    hotBlobMb: hotBlobMb(residentLimitMb),
    trustedProxies: config.trustedProxies,
    descriptors: descriptorLimit(),
    maps: mapLimit(),
    spareIsolates: place.dev ? SPARE_ISOLATES_DEV : SPARE_ISOLATES,
    urlBytes: config.limits.defaults.urlBytes,
    headerBytes: config.limits.defaults.headerBytes,
    forbidden: place.adminPort === 0 ? [] : [{ host: config.adminHost, port: place.adminPort }],
    http2: config.http2,
    ledgerFile: place.ledgerFile,
    stores: place.stores,
    runtimeFile: place.runtimeFile,
    headMs: config.limits.defaults.headMs,
    idleMs: config.limits.defaults.idleMs,
    isBehindFront: place.isBehindFront ?? false,
    ...(place.standsBack === undefined ? {} : { standsBack: place.standsBack }),
    ...(place.groupSockets === undefined ? {} : { groupSockets: place.groupSockets }),
  };
}

/** @param dev apps may reach this machine itself */
export function appSettings(config: ServerConfig, dev: boolean, readSecrets?: AppSettings['readSecrets']): AppSettings {
  return {
    limits: config.limits,
    egress: config.egress,
    hosts: config.hosts,
    private: dev ? 'loopback' : 'deny',
    timers: dev ? 'precise' : config.timers,
    sharedMemory: config.sharedMemory,
    hyperdrive: config.hyperdrive,
    trust: config.trust,
    readSecrets,
  };
}

/** Keys whose change a running server cannot follow. */
export function restartKeys(before: ServerConfig, after: ServerConfig): string[] {
  const keys = [
    'port',
    'host',
    'adminPort',
    'adminHost',
    'engines',
    'spare',
    'engineMemoryMb',
    'engineLimitMb',
    'trustedProxies',
    'dataDir',
    'secretsKeyFile',
    'fsync',
    'logLevel',
    'http2',
  ] as const;
  // Apps move between groups at once; the processes of a group are as many as when it was opened.
  const groups = new Set([...Object.keys(before.trust.groups), ...Object.keys(after.trust.groups)]);
  const size = ({ trust }: ServerConfig, name: string): string => {
    const group = Object.hasOwn(trust.groups, name) ? trust.groups[name] : undefined;
    return `${group?.engines} ${group?.spare}`;
  };
  const resized = [...groups].filter((name) => size(before, name) !== size(after, name)).map((name) => `trust_groups.${name}`);
  return [...keys.filter((key) => before[key] !== after[key]), ...resized];
}

/** Half of an engine's share of the machine's, the container's or the service's memory. */
function defaultBudgetMb(memoryMb: number): number {
  return Math.max(64, Math.floor(memoryMb / 2));
}

/** Four fifths of it. */
function defaultLimitMb(memoryMb: number): number {
  return Math.max(512, Math.floor(memoryMb * 0.8));
}

/** A twenty-fifth of what an engine may take: many large files on a large machine, and nothing that a small one would miss. */
function hotBlobMb(limitMb: number): number {
  return Math.min(256, Math.max(16, Math.floor(limitMb / 25)));
}

function totalMb(serviceBytes = Infinity): number {
  const limit = process.constrainedMemory();
  return Math.min(limit > 0 ? limit : Infinity, serviceBytes, totalmem()) / (1024 * 1024);
}
