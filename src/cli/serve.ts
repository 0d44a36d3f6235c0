/** `nano serve`: every app of a folder, on one port. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isApp } from '../config/find-app.ts';
import { readServerConfig } from '../config/server.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Supervisor } from '../server/supervisor.ts';
import { adminAddress, appAddress, serverAddress } from '../server/address.ts';
import { type Command, type Parsed, UsageError } from './command.ts';
import { LOG_LEVEL, WORKER_OPTIONS, workerOptions } from './options.ts';
import { runServer } from './run-server.ts';

/** More apps than these are counted, not listed. */
const LISTED = 30;

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Serves every app of a folder (each subfolder or source file that is one), and follows its changes.',
  usage: '[DIR]',
  positionals: 1,
  options: {
    port: { type: 'string', short: 'p', value: 'PORT', help: 'where apps are served (8080; 0: any free one)' },
    ip: { type: 'string', value: 'HOST', help: 'address to listen on (0.0.0.0)' },
    'admin-port': { type: 'string', value: 'PORT', help: 'where /healthz, /readyz, /metrics and /apps are (8081)' },
    engines: { type: 'string', value: 'N', help: 'engine processes (half of the processors)' },
    data: { type: 'string', value: 'DIR', help: 'data folder (.nano)' },
    config: { type: 'string', short: 'c', value: 'FILE', help: "the server's configuration (nano.jsonc)" },
    ...WORKER_OPTIONS,
    'log-level': LOG_LEVEL,
  },
  description: 'SIGTERM: finish what is in flight, then end. SIGHUP: read configuration and apps again.',
  run: async (input) => {
    const root = resolve(input.positionals[0] ?? '.');
    requireFolder(root);
    const reread = (): ServerConfig => readConfig(input);
    const config = reread();
    const { envVars, envVarBytes, bundleBytes } = config.limits.defaults;
    return runServer(
      {
        config,
        reread,
        root,
        single: isApp(root),
        dev: false,
        admin: true,
        builder: {
          worker: { ...workerOptions(input), limits: { envVars, envVarBytes } },
          build: { maxBytes: bundleBytes, runCommand: false },
          incremental: false,
          compressAssets: true,
        },
      },
      (supervisor) => banner(supervisor, config, root),
    );
  },
};

function readConfig(input: Parsed): ServerConfig {
  const overrides = {
    port: input.text('port'),
    host: input.text('ip'),
    adminPort: input.text('admin-port'),
    engines: input.text('engines'),
    dataDir: input.text('data'),
    logLevel: input.text('log-level'),
  };
  return readServerConfig(input.text('config'), { overrides });
}

function requireFolder(root: string): void {
  const stat = statSync(root, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`there is no folder ${root}`);
  if (!stat.isDirectory() && !isApp(root)) throw new UsageError(`${root} is neither a folder nor an app`);
}

function banner(supervisor: Supervisor, config: ServerConfig, root: string): string[] {
  const { port, adminPort } = supervisor.ports;
  const apps = supervisor.apps();
  const lines = ['', `  NANO serves ${root} on ${serverAddress(config.host, port)}, admin on ${adminAddress(config.adminHost, adminPort)}`, ''];
  if (apps.length === 0) {
    lines.push(
      '  No app is there yet. An app is a source file, or a folder with wrangler.jsonc, wrangler.json,',
      '  wrangler.toml, or index, worker or src/index in JavaScript or TypeScript. It is served as soon as it is there.',
    );
  }
  for (const app of apps.slice(0, LISTED)) {
    const addresses = [appAddress(app.name, port), ...app.hosts];
    lines.push(`  ${addresses.join('  ')}${app.state === 'ready' ? '' : `  (${app.state})`}`);
  }
  if (apps.length > LISTED) lines.push(`  … and ${apps.length - LISTED} more: ${adminAddress(config.adminHost, adminPort)}/apps`);
  return [...lines, ''];
}
