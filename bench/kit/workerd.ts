/** workerd, Cloudflare's runtime, with a configuration made for the occasion. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { untilReady } from './client.ts';
import { folder, removeFolder } from './folder.ts';
import { start } from './processes.ts';
import { isAlive, listenTo, Server } from './server.ts';

/** The binary itself, not the script around it. */
export function workerdBinary(): string {
  const require = createRequire(import.meta.url);
  const name = `@cloudflare/workerd-${process.platform === 'darwin' ? 'darwin' : 'linux'}-${process.arch === 'arm64' ? 'arm64' : '64'}`;
  return require.resolve(`${name}/bin/workerd`, { paths: [require.resolve('workerd/package.json')] });
}

export type WorkerdOptions = {
  /** Source of each worker; the first is the one the socket leads to. */
  workers: Readonly<Record<string, string>>;
  /** Workers that the first is given as service bindings, by their names. */
  bindings?: readonly string[];
  /** Let them reach this machine's own addresses. */
  reachesLoopback?: boolean;
  seconds?: number;
};

export async function startWorkerd({ workers, bindings = [], reachesLoopback = false, seconds = 60 }: WorkerdOptions): Promise<Server> {
  const names = Object.keys(workers);
  const files = Object.fromEntries(Object.entries(workers).map(([name, code]) => [`${name}.js`, code]));
  const dir = folder({ ...files, 'config.capnp': capnp(names, bindings, reachesLoopback) });
  const child = start(workerdBinary(), ['serve', join(dir, 'config.capnp'), '--control-fd=3'], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const output = listenTo(child);
  try {
    const port = await listeningPort(child.stdio[3] as Readable, seconds);
    await untilReady(port, '/', 'localhost', seconds, () => isAlive(child));
    return new Server(child, port, ['localhost'], () => removeFolder(dir));
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`workerd: ${String(error)}\n${output()}`);
  }
}

/** workerd tells the port it was given on the control descriptor. */
async function listeningPort(control: Readable, seconds: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => reject(new Error('no port in time')), seconds * 1000);
  let text = '';
  control.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const port = /"event":\s*"listen".*?"port":\s*(\d+)/.exec(text)?.[1];
    if (port !== undefined) resolve(Number(port));
  });
  control.on('end', () => reject(new Error('it ended')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function capnp(names: readonly string[], bindings: readonly string[], reachesLoopback: boolean): string {
  const [first] = names;
  const services = names.map((name) => {
    const given = name === first ? bindings.map((each) => `(name = "${each}", service = "${each}")`).join(', ') : '';
    return `    (name = "${name}", worker = (modules = [(name = "${name}.js", esModule = embed "${name}.js")], compatibilityDate = "2026-01-01", bindings = [${given}])),`;
  });
  if (reachesLoopback) services.push('    (name = "internet", network = (allow = ["public", "private"])),');
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
${services.join('\n')}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "${first}")]
);
`;
}
