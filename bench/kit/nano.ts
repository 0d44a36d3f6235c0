/** NANO as its users start it: bin/nano.js serve. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { untilReady } from './client.ts';
import { folder, removeFolder } from './folder.ts';
import { freePort } from './port.ts';
import { start } from './processes.ts';
import { isAlive, listenTo, Server } from './server.ts';

export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

export type NanoOptions = {
  /** Files of the folder of apps: `hello/index.js`, `hello/wrangler.jsonc`… */
  files: Readonly<Record<string, string>>;
  /** Apps the load goes to, by name; default: every folder. */
  apps?: readonly string[];
  logLevel?: string;
  /** nano.jsonc */
  config?: Readonly<Record<string, unknown>>;
  /** Another checkout of this package to run, for a comparison. */
  root?: string;
  seconds?: number;
};

/** Starts `nano serve` with one engine and waits until every app that is asked for answers. */
export async function startNano({ files, apps, logLevel = 'warn', config = {}, root = packageRoot, seconds = 60 }: NanoOptions): Promise<Server> {
  const dir = folder(Object.fromEntries(Object.entries(files).map(([name, content]) => [`apps/${name}`, content])));
  const configDir = folder({ 'nano.jsonc': JSON.stringify(config) });
  symlinkSync(join(packageRoot, 'node_modules'), join(dir, 'node_modules'));
  const port = await freePort();
  const args = [join(root, 'bin/nano.js'), 'serve', join(dir, 'apps'), '--ip', '127.0.0.1', '--port', String(port), '--admin-port', '0', '--engines', '1'];
  args.push('--data', join(dir, 'data'), '--config', join(configDir, 'nano.jsonc'), '--log-level', logLevel);
  // Written lines go to a pipe that is read, as under a service manager.
  const child = start(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = listenTo(child);
  const names = apps ?? [...new Set(Object.keys(files).map((name) => name.split('/')[0] as string))];
  const hosts = names.map((name) => `${name}.localhost`);
  try {
    for (const host of hosts) await untilReady(port, '/', host, seconds, () => isAlive(child));
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}\n${output()}`);
  }
  return new Server(child, port, hosts, () => {
    removeFolder(dir);
    removeFolder(configDir);
  });
}
