/** The data folder: bundles by app and version, and what running processes leave there. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ENGINE_FOLDERS } from './engine-launch.ts';
import { StartError } from './start-error.ts';

export type DataFolder = {
  readonly dir: string;
  readonly bundlesDir: string;
  /** A name for the ledger of the `serial`th engine of this process. */
  ledgerFile(serial: number): string;
  /** A server that used the folder was killed: processes of it may still be about to end. */
  readonly isAfterCrash: boolean;
  /** Another process uses the folder at this moment. */
  isShared(): boolean;
};

/** Makes what is missing and clears what processes left that are gone. @throws StartError */
export function openDataFolder(dir: string): DataFolder {
  const bundlesDir = join(dir, 'bundles');
  const runDir = join(dir, 'run');
  let isAfterCrash = false;
  try {
    mkdirSync(bundlesDir, { recursive: true });
    mkdirSync(runDir, { recursive: true });
    // Engines may use what is there when they start, and no more.
    for (const name of ENGINE_FOLDERS) mkdirSync(join(dir, name), { recursive: true });
    for (const name of readdirSync(runDir)) {
      if (isAlive(ownerOf(name))) continue;
      isAfterCrash ||= ownerOf(name) !== 0;
      rmSync(join(runDir, name), { force: true });
    }
  } catch (error) {
    throw new StartError(`the data folder ${dir} cannot be used: ${(error as Error).message}`);
  }
  return {
    dir,
    bundlesDir,
    isAfterCrash,
    ledgerFile: (serial) => join(runDir, `${process.pid}-${serial}.ledger`),
    isShared: () => readdirSync(runDir).some((name) => ownerOf(name) !== process.pid && isAlive(ownerOf(name))),
  };
}

/** Bundle folders that are not among `used`. */
export async function unusedBundles(bundlesDir: string, used: ReadonlySet<string>): Promise<string[]> {
  const unused: string[] = [];
  for (const app of await readdir(bundlesDir).catch(() => [])) {
    for (const version of await readdir(join(bundlesDir, app)).catch(() => [])) {
      const dir = join(bundlesDir, app, version);
      if (!used.has(dir)) unused.push(dir);
    }
  }
  return unused;
}

/** Removes bundle folders. What cannot be removed stays: it is only disk space. */
export async function removeBundles(dirs: readonly string[]): Promise<void> {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true }).catch(() => {});
}

/** The process that made a file of the run folder; 0 for a file of nobody. */
function ownerOf(name: string): number {
  return Number(/^(\d+)-\d+\.ledger$/.exec(name)?.[1] ?? 0);
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
