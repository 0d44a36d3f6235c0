/** What the configuration of the server says: a deeply frozen value. */
import type { ServerLimits } from './limits.ts';
import type { EgressConfig } from './worker-config.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type ServerLogLevel = (typeof LOG_LEVELS)[number];

/** The group of apps that may not be where they want to be. */
export const UNTRUSTED_GROUP = 'untrusted';

/** What the operator says of a trust group. */
export interface TrustGroup {
  /** Its apps: others do not get in. Undefined: whoever names it is in it. */
  readonly apps: readonly string[] | undefined;
  /** Engine processes; undefined: one, or the server's number where it is the only or the default group. */
  readonly engines: number | undefined;
  readonly spare: boolean | undefined;
}

/** Which apps may share a process. */
export interface TrustConfig {
  readonly groups: Readonly<Record<string, TrustGroup>>;
  /** Apps that no group lists are in the group "untrusted", whatever they say. */
  readonly cordon: boolean;
}

export interface ServerConfig {
  /** The file it was read from; undefined where there is none. */
  readonly configPath: string | undefined;
  /** Where requests for apps are taken. 0: any free port. */
  readonly port: number;
  readonly host: string;
  readonly adminPort: number;
  readonly adminHost: string;
  /** Engine processes. */
  readonly engines: number;
  /** One more engine, booted and empty, takes over when one dies. */
  readonly spare: boolean;
  /** Memory that the isolates of one engine may take before idle ones go; undefined: the engine decides from the machine's. */
  readonly engineMemoryMb: number | undefined;
  /** Resident memory of an engine process beyond which it is replaced; undefined: a share of the machine's. */
  readonly engineLimitMb: number | undefined;
  /** Addresses and networks of reverse proxies: what they say of their clients counts. */
  readonly trustedProxies: readonly string[];
  /** How precise the clocks of apps are. */
  readonly timers: 'coarse' | 'precise';
  /** Apps may have SharedArrayBuffer and shared WebAssembly memory. */
  readonly sharedMemory: boolean;
  /** Absolute. */
  readonly dataDir: string;
  /** The file of the keys that stored secrets are encrypted with; undefined: secrets.key in the data folder. Absolute. */
  readonly secretsKeyFile: string | undefined;
  /** Does a write to storage wait for the disk ("full"), or only for the system ("normal")? */
  readonly fsync: 'full' | 'normal';
  readonly logLevel: ServerLogLevel;
  readonly limits: ServerLimits;
  /** Time that requests in flight get at shutdown. The same as `limits.defaults.drainMs`. */
  readonly drainMs: number;
  /** What no app may reach, and what every app may although it is private, beside each app's own lists. */
  readonly egress: EgressConfig;
  /** HTTP/2 is offered to https servers that apps fetch from. */
  readonly http2: boolean;
  /** Custom host names, and the app each belongs to. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Connection strings of databases, by the id that `hyperdrive` bindings name. */
  readonly hyperdrive: Readonly<Record<string, string>>;
  readonly trust: TrustConfig;
}

/** What the command line says; it wins over the file. Keys as in ServerConfig, values as typed. */
export interface ServerOverrides {
  readonly port?: number | string | undefined;
  readonly host?: string | undefined;
  readonly adminPort?: number | string | undefined;
  readonly adminHost?: string | undefined;
  readonly engines?: number | string | undefined;
  readonly dataDir?: string | undefined;
  readonly logLevel?: string | undefined;
}
