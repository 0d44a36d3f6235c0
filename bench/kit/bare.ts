/** A server that is node:http alone. */
import { Task } from './task.ts';

export type BareServer = { port: number; pid: number; stop(): Promise<void> };

export async function startBare(task = 'bare-server'): Promise<BareServer> {
  const child = new Task<{ port: number }>(task, {});
  const { port } = await child.next();
  return { port, pid: child.pid, stop: () => child.stop() };
}
