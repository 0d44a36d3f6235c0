/** A supervisor with the real engine, builder and log: what the commands start. */
import { join } from 'node:path';
import { BuildMemos } from '../build/memo.ts';
import { runtimeFile } from '../build/runtime-bundle.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { createLog, type Log } from '../observe/log.ts';
import { defaultEngineFile } from './engine-launch.ts';
import type { Clock } from './clock.ts';
import { packageVersion } from './package-version.ts';
import { SecretStore } from './secrets/secret-store.ts';
import { Supervisor } from './supervisor.ts';
import { WorkerBuilder, type WorkerBuilderOptions } from './worker-builder.ts';

export type OpenOptions = {
  config: ServerConfig;
  /** Reads the configuration again, for SIGHUP. @throws ConfigError */
  reread(): ServerConfig;
  root: string;
  single: boolean;
  dev: boolean;
  admin: boolean;
  builder: WorkerBuilderOptions;
  /** Another time than the system's. */
  clock?: Clock;
};

export async function openSupervisor(options: OpenOptions): Promise<{ supervisor: Supervisor; log: Log }> {
  const { builder, ...rest } = options;
  const log = createLog({ level: options.config.logLevel });
  const { dataDir, secretsKeyFile } = options.config;
  const secrets = new SecretStore({ dataDir, keyFile: secretsKeyFile, fromEnv: process.env['NANO_SECRETS_KEY'] });
  // In nano dev the app's own secrets come from .dev.vars.
  const worker = options.dev ? builder.worker : { ...builder.worker, storedSecrets: (app: string) => secrets.read(app) };
  // In nano dev esbuild keeps its state instead.
  const memos = options.dev ? undefined : new BuildMemos(join(dataDir, 'cache', 'builds'), packageVersion());
  const supervisor = new Supervisor({
    ...rest,
    log,
    secrets,
    token: process.env['NANO_TOKEN'] === '' ? undefined : process.env['NANO_TOKEN'],
    openBuilder: (path) => new WorkerBuilder(path, { ...builder, worker, memos }),
    version: packageVersion(),
    watch: true,
    quietStart: log.isPretty,
    engineFile: defaultEngineFile(),
    runtimeFile: await runtimeFile(join(options.config.dataDir, 'cache')),
  });
  return { supervisor, log };
}
