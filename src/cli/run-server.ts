/** A server from its start to its end: banner, signals, drain, exit code. */
import { type OpenOptions, openSupervisor } from '../server/open-supervisor.ts';
import { keepCapabilitiesFromChildren } from '../server/walls/harden.ts';
import { loadLibc } from '../server/walls/libc.ts';
import { onSignals } from '../server/signals.ts';
import { StartError } from '../server/start-error.ts';
import type { Supervisor } from '../server/supervisor.ts';
import { CommandError } from './command.ts';

/**
 * @param banner lines for a terminal, once everything runs
 * @returns the exit code, when the server has ended
 */
export async function runServer(options: OpenOptions, banner: (supervisor: Supervisor) => readonly string[]): Promise<number> {
  // What engines and stores never get cannot be taken from them.
  if (!options.dev) keepCapabilitiesFromChildren(loadLibc());
  const { supervisor, log } = await openSupervisor(options).catch(explained);
  let stopped = false;
  const ended = Promise.withResolvers<void>();
  const removeSignals = onSignals({
    stop: () => {
      stopped = true;
      void supervisor.drain().then(ended.resolve);
    },
    stopNow: () => void supervisor.kill().then(ended.resolve),
    // A developer who closes the terminal wants nothing to go on behind it.
    reload: options.dev && log.isPretty ? undefined : () => void supervisor.reload(),
  });
  try {
    await supervisor.start();
    if (log.isPretty) log.raw(`${banner(supervisor).join('\n')}\n`);
    await ended.promise;
    return 0;
  } catch (error) {
    return stopped ? 0 : explained(error);
  } finally {
    removeSignals();
    log.flushSync();
  }
}

function explained(error: unknown): never {
  throw error instanceof StartError ? new CommandError(error.message) : error;
}
