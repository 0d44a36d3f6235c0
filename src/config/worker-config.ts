/** What the configuration of one app says, after everything has been merged: a deeply frozen value. */
import type { BindingRecord, Json } from '../protocol/bindings.ts';
import type { AssetsConfig } from './assets.ts';
import type { QueueConsumer } from '../protocol/engine.ts';
import type { LimitName } from '../protocol/limits.ts';
import type { Problem } from './problem.ts';

export type RuleType = 'ESModule' | 'CommonJS' | 'CompiledWasm' | 'Text' | 'Data';

export interface ModuleRule {
  readonly type: RuleType;
  readonly globs: readonly string[];
  readonly fallthrough?: boolean | undefined;
}

export interface RouteConfig {
  readonly pattern: string;
  /** The pattern is a host name, all of which belongs to the app. */
  readonly customDomain: boolean;
}

/** Lists of host names (`api.example.com`, `*.example.com`), addresses and CIDR blocks. Deny wins over allow; an empty allow list allows everything. */
export interface EgressConfig {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface WorkerConfig {
  /** `<name>.localhost` is its address. */
  readonly name: string;
  /** The named environment that was chosen. */
  readonly env: string | undefined;
  /** The configuration file; undefined for an app without one. */
  readonly configPath: string | undefined;
  /** The folder that relative paths in the configuration start from. Absolute. */
  readonly projectDir: string;
  /** The entry module. Absolute; empty for an app that is static assets and nothing else. */
  readonly main: string;
  /** Where additional modules are looked for; module names are relative to it. Absolute. */
  readonly baseDir: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Plain variables of env. */
  readonly vars: Readonly<Record<string, Json>>;
  /** Secrets of env: never to be shown or logged. No name is in both. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What else is in env. */
  readonly bindings: readonly BindingRecord[];
  /** Static files. */
  readonly assets: AssetsConfig | undefined;
  /** The name in env of what tells the app its version. */
  readonly versionMetadata: string | undefined;
  readonly routes: readonly RouteConfig[];
  /** Cron expressions. */
  readonly crons: readonly string[];
  /** Apps that tail it. */
  readonly tailConsumers: readonly string[];
  /** The queues it consumes. */
  readonly consumers: readonly QueueConsumer[];
  /** What the app asks for; `resolveLimits` brings it below the server's ceilings. */
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  readonly isolation: 'shared' | 'request';
  /** The app asks for clocks that stand still while it runs. */
  readonly timers: 'coarse' | undefined;
  readonly egress: EgressConfig;
  /** Apps of one trust group may share an engine process. */
  readonly trustGroup: string | undefined;
  readonly dispatchNamespace: string | undefined;
  readonly rules: readonly ModuleRule[];
  readonly noBundle: boolean;
  readonly findAdditionalModules: boolean;
  readonly preserveFileNames: boolean;
  readonly define: Readonly<Record<string, string>>;
  readonly alias: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly tsconfig: string | undefined;
  readonly jsxFactory: string | undefined;
  readonly jsxFragment: string | undefined;
  readonly minify: boolean;
  /** Functions keep their names. Follows `minify` where nothing is said: only then are many of them lost. */
  readonly keepNames: boolean;
  /** A command to run before bundling. It is the developer's own machine that runs it, never a server. */
  readonly build: Readonly<{ command: string; cwd: string; watchDirs: readonly string[] }> | undefined;
  /** Every other key of wrangler as it holds for the chosen environment, unchecked: whoever acts on one checks it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Every file this value was made from, or would be if the file existed: what a watcher should watch beside the sources. */
  readonly sources: readonly string[];
  readonly warnings: readonly Problem[];
}

export interface WorkerOptions {
  /** Named environment (`--env`). */
  readonly env?: string | undefined;
  /** `--var`: "KEY:VALUE" each, or an object. They win over everything. */
  readonly vars?: readonly string[] | Readonly<Record<string, string>> | undefined;
  readonly compatibilityDate?: string | undefined;
  readonly compatibilityFlags?: readonly string[] | undefined;
  /** `--name`. */
  readonly name?: string | undefined;
  /** Read `.dev.vars` and `.env`. Default: true for a project folder, false for a bare file, whose folder may be shared. */
  readonly devVars?: boolean | undefined;
  /** The caller's process.env, where CLOUDFLARE_ENV and its like are to be respected. Default: nothing is. */
  readonly processEnv?: Readonly<Record<string, string | undefined>> | undefined;
  /** The secrets that are stored for an app, by its name with its environment. @throws Error whose message tells why they cannot be read */
  readonly storedSecrets?: ((app: string) => Readonly<Record<string, string>>) | undefined;
  /** Take the configuration that a build tool has made, where there is one. Default: true. */
  readonly redirect?: boolean | undefined;
  /** Installed limits of env vars. */
  readonly limits?: Readonly<{ envVars: number; envVarBytes: number }> | undefined;
  /** Today as YYYY-MM-DD (UTC), after which no compatibility date may be. */
  readonly today?: string | undefined;
}
