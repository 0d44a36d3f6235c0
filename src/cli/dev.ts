/** `nano dev`: one app, on this machine, hot reload. */
import { join, relative, resolve } from 'node:path';
import { visible } from '../base/visible.ts';
import { findApp } from '../config/find-app.ts';
import { normalisePatternHost } from '../config/route-pattern.ts';
import { readServerConfig } from '../config/server.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { WorkerConfig } from '../config/worker-config.ts';
import { serverAddress } from '../server/address.ts';
import { type Command, type Parsed, UsageError } from './command.ts';
import { LOG_LEVEL, WORKER_OPTIONS, workerOptions } from './options.ts';
import { runServer } from './run-server.ts';

const DEV_PORT = 8787;
/** A developer who ends it does not want to wait for an event stream. */
const DEV_DRAIN_MS = 500;

export const devCommand: Command = {
  name: 'dev',
  summary: 'Runs one app and follows its changes: a Workers project, a wrangler file or a single source file.',
  usage: '[DIR|FILE]',
  positionals: 1,
  options: {
    port: { type: 'string', short: 'p', value: 'PORT', help: `where the app is served (${DEV_PORT}; 0: any free one)` },
    ip: { type: 'string', value: 'HOST', help: 'address to listen on (127.0.0.1)' },
    'allowed-host': { type: 'string', multiple: true, value: 'HOST', help: 'answer to this name too, as of a tunnel; can be repeated' },
    'persist-to': { type: 'string', value: 'DIR', help: "folder for the app's local data (.nano)" },
    ...WORKER_OPTIONS,
    config: { type: 'string', short: 'c', value: 'FILE', help: 'the app by its wrangler file' },
    local: { type: 'boolean', help: 'without effect: all data is local' },
    'test-scheduled': { type: 'boolean', help: 'without effect: /cdn-cgi/handler/scheduled is there anyway' },
    'log-level': LOG_LEVEL,
  },
  run: async (input) => {
    const root = resolve(appOf(input));
    const worker = workerOptions(input);
    const app = readWorkerConfig(root, worker);
    const reread = (): ServerConfig => readConfig(input, app);
    const config = reread();
    const { envVars, envVarBytes, bundleBytes } = config.limits.defaults;
    return runServer(
      {
        config,
        reread,
        root,
        single: true,
        dev: true,
        admin: false,
        builder: {
          worker: { ...worker, limits: { envVars, envVarBytes } },
          build: { mode: 'development', maxBytes: bundleBytes, runCommand: true },
          incremental: true,
        },
      },
      (supervisor) => ['', `  ${app.name} is on ${serverAddress(config.host, supervisor.ports.port)}`, ...madeBy(input, app), ''],
    );
  },
};

/** Whoever edits the sources should know that it is their last build that runs. */
function madeBy(input: Parsed, { configPath }: WorkerConfig): string[] {
  const found = findApp(appOf(input));
  return configPath === undefined || configPath === found.configPath
    ? []
    : [`  as the last build of the project made it (${visible(relative(found.dir, configPath))})`];
}

const appOf = (input: Parsed): string => input.positionals[0] ?? input.text('config') ?? '.';

function readConfig(input: Parsed, app: WorkerConfig): ServerConfig {
  const { dir } = findApp(appOf(input));
  const settings = app.settings['dev'] as { port?: number; ip?: string } | undefined;
  const persistTo = input.text('persist-to');
  const config = readServerConfig(undefined, {
    cwd: dir,
    overrides: {
      port: input.text('port') ?? settings?.port ?? DEV_PORT,
      host: input.text('ip') ?? settings?.ip ?? '127.0.0.1',
      adminPort: 0,
      engines: 1,
      dataDir: persistTo === undefined ? join(dir, '.nano') : resolve(persistTo),
      logLevel: input.text('log-level'),
    },
  });
  const hosts = { ...config.hosts, ...Object.fromEntries(allowedHosts(input, config.host).map((host) => [host, app.name])) };
  return { ...config, hosts, drainMs: Math.min(config.drainMs, DEV_DRAIN_MS) };
}

/** Names that the app answers to beside this machine's; the one that it listens on is meant as well. */
function allowedHosts(input: Parsed, own: string): string[] {
  const named = input.list('allowed-host').map((text) => {
    const host = normalisePatternHost(text);
    if (host === undefined) throw new UsageError(`--allowed-host ${JSON.stringify(text)} is not a host name`);
    return host;
  });
  return [...named, own.toLowerCase()];
}
