/**
 * Processes the benchmarks start.
 *
 * Contract: none outlives the benchmark, however it ends. Only what was started here is ever signalled.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

const running = new Set<ChildProcess>();

export function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Keeps an eye on a child that the caller has forked. */
export function keep(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends a process: politely, and after two seconds not. Resolves when it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = Promise.withResolvers<void>();
  child.once('exit', () => gone.resolve());
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  await gone.promise;
  clearTimeout(timer);
}

/** Ends what is still running, at once. */
export function stopAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

process.on('exit', stopAll);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
