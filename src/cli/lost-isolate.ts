/** What becomes of a shell's process when V8 loses control of the isolate in it. */
import { loadLibc } from '../server/walls/libc.ts';
import { leaveThreadsRunning } from '../server/walls/signals.ts';

/**
 * Prepares the process, in which isolated-vm has been loaded.
 * @returns says what happened and ends the process with 1, at once: an orderly exit would wait for the lost thread for ever
 */
export function endWhenLost(): (message: string) => void {
  const libc = loadLibc();
  leaveThreadsRunning(libc);
  return (message) => {
    process.stderr.write(`nano: the code exceeded its limits and could not be stopped (V8: ${message})\n`);
    libc?.exitAtOnce(1);
    process.kill(process.pid, 'SIGKILL');
  };
}
