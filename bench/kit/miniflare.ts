/** Miniflare in a process of its own, its data in a folder that goes with it. */
import { join } from 'node:path';
import { untilReady } from './client.ts';
import { folder, removeFolder } from './folder.ts';
import { packageRoot } from './nano.ts';
import { freePort } from './port.ts';
import { start } from './processes.ts';
import { isAlive, listenTo, Server } from './server.ts';

/** @param options of Miniflare's, made for the folder its data may lie in */
export async function startMiniflare(script: string, options: (dir: string) => object, seconds = 60): Promise<Server> {
  const dir = folder();
  const port = await freePort();
  const child = start(process.execPath, [join(packageRoot, 'bench/tasks/miniflare.ts'), JSON.stringify({ port, script, options: options(dir) })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = listenTo(child);
  try {
    await untilReady(port, '/', 'localhost', seconds, () => isAlive(child));
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}\n${output()}`);
  }
  return new Server(child, port, ['localhost'], () => removeFolder(dir));
}
