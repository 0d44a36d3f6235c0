/** The server that tests of the network talk to: a command that prints its URL, ended with the run. */
import { spawn } from 'node:child_process';

import type { Origin } from './origin.ts';

/** @param command a line for the shell, e.g. the start of the suite's own server */
export function startSidecar(command: string): Promise<Origin> {
  const child = spawn('sh', ['-c', `exec ${command}`], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const close = (): void => {
    try {
      // It may have started others.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const url = /https?:\/\/[\w.:[\]-]+/.exec(output)?.[0];
      if (url !== undefined) resolve({ url, close });
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error('the sidecar has ended before it told its URL')));
  });
}
