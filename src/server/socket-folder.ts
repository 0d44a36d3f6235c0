/**
 * Folders for the sockets between this server's processes, which only this user can enter.
 *
 * They are in the system's folder for temporary files, since the path of a socket is short. A server that is killed
 * cannot remove its own: the next one does.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes one, to be removed by the caller. @param parent of it; for tests */
export function makeSocketFolder(parent: string = tmpdir()): string {
  removeAbandoned(parent);
  return mkdtempSync(join(parent, `nano-${process.pid}-`));
}

function removeAbandoned(parent: string): void {
  for (const name of namesIn(parent)) {
    const pid = Number(/^nano-(\d+)-\w{6}$/.exec(name)?.[1]);
    if (!(pid > 0) || isRunning(pid)) continue;
    const path = join(parent, name);
    try {
      const status = lstatSync(path);
      if (status.isDirectory() && status.uid === process.getuid?.()) rmSync(path, { recursive: true });
    } catch {
      // Another server has been faster, or it is not ours to remove.
    }
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
