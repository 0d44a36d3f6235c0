/**
 * A copy of a data folder, made while servers use it.
 *
 * Contract: every database is copied as it was at one moment, and every file that it names at that moment is in the
 * copy. The copy appears under its name when it is whole and on disk, and not before. Each database has a moment of
 * its own. The key of secrets is left out unless it is asked for.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KEY_FILE } from '../secrets/key-ring.ts';

/** What of a data folder is data: the rest is made again. */
const FOLDERS = ['storage', 'sql', 'secrets', 's3'];
const FILES = ['crons.json', 'payers.json'];
export const MANIFEST = 'backup.json';
export const FORMAT = 1;

/** A store that is written all the time is held still after so many tries. */
const FREE_TRIES = 5;
const BUSY_MS = 30_000;

export type BackupFile = { path: string; bytes: number; sha256: string };
export type BackupManifest = { format: number; madeBy: string; madeAt: string; files: BackupFile[] };

export class BackupError extends Error {
  override name = 'BackupError';
}

export type BackupOptions = {
  /** The data folder. */
  from: string;
  /** A folder that does not exist yet. */
  to: string;
  withKey: boolean;
  version: string;
};

/** @returns what was copied @throws BackupError */
export async function backup({ from, to, withKey, version }: BackupOptions): Promise<BackupManifest> {
  if (await exists(to)) throw new BackupError(`${to} is there already`);
  if (!(await exists(join(from, 'storage'))) && !(await exists(join(from, 'sql'))) && !(await exists(join(from, 'secrets'))))
    throw new BackupError(`${from} is not a data folder with data in it`);
  const aside = `${to}.partial-${process.pid}`;
  try {
    await mkdir(aside, { recursive: true, mode: 0o700 });
    for (const name of FOLDERS) await copyFolder(join(from, name), join(aside, name));
    for (const name of withKey ? [...FILES, KEY_FILE] : FILES) await copyNewer(join(from, name), join(aside, name));
    const files: BackupFile[] = [];
    for (const path of await filesOf(aside)) files.push(await describe(aside, path));
    const manifest: BackupManifest = { format: FORMAT, madeBy: version, madeAt: new Date().toISOString(), files };
    await writeFile(join(aside, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await flush(aside);
    await rename(aside, to);
    await flushEntry(dirname(to));
    return manifest;
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

/** Databases first or last makes no difference: each is copied together with the folder of its files. */
async function copyFolder(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  if (entries.length === 0) return;
  await mkdir(to, { recursive: true, mode: 0o700 });
  const databases = new Set(entries.filter((entry) => entry.isFile() && entry.name.endsWith('.sqlite')).map((entry) => entry.name));
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (databases.has(entry.name)) await copyStore(source, target);
    else if (entry.isDirectory()) {
      // A database's own folder comes with it.
      if (!databases.has(`${entry.name}.sqlite`)) await copyFolder(source, target);
    } else if (entry.isFile() && !isPassing(entry.name)) await copyNewer(source, target);
  }
}

/** Journals belong to running databases, locks and half-written files to running processes. */
function isPassing(name: string): boolean {
  return /\.sqlite-(wal|shm|journal)$|\.tmp$|^lock$/.test(name);
}

/**
 * A database and the folder of its files. Files are copied before and after the database: where nothing was written
 * in between, all that the copy names is there. Where it is never quiet, writers wait for the last try.
 */
async function copyStore(file: string, target: string): Promise<void> {
  const [files, copies] = [file.slice(0, -'.sqlite'.length), target.slice(0, -'.sqlite'.length)];
  const watcher = openDatabase(file);
  const changes = (): unknown => watcher.prepare('PRAGMA data_version').get()?.['data_version'];
  try {
    await copyTree(files, copies);
    for (let tries = 1; ; tries++) {
      const isHeld = tries > FREE_TRIES;
      if (isHeld) watcher.exec('BEGIN IMMEDIATE');
      const before = changes();
      await rm(target, { force: true });
      snapshot(file, target);
      await copyTree(files, copies);
      const isQuiet = isHeld || !(await exists(files)) || changes() === before;
      if (isHeld) watcher.exec('ROLLBACK');
      if (isQuiet) return;
    }
  } finally {
    watcher.close();
  }
}

function openDatabase(file: string): DatabaseSync {
  return new DatabaseSync(file, { timeout: BUSY_MS });
}

/** As it is at this moment, whole, without a journal. Writers are not held up. */
function snapshot(file: string, target: string): void {
  const reader = openDatabase(file);
  try {
    reader.prepare('VACUUM INTO ?').run(target);
  } catch (error) {
    throw new BackupError(`the database ${file} cannot be copied: ${(error as Error).message}`);
  } finally {
    reader.close();
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  for (const path of await filesOf(from)) {
    if (isPassing(path)) continue;
    await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o700 });
    await copyNewer(join(from, path), join(to, path));
  }
}

/** Copies what is not there yet, or has changed since. What has gone meanwhile is not missed. */
async function copyNewer(from: string, to: string): Promise<void> {
  const source = await stat(from).catch(() => undefined);
  if (source === undefined) return;
  const copy = await stat(to).catch(() => undefined);
  if (copy !== undefined && copy.size === source.size && copy.mtimeMs >= source.mtimeMs) return;
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Relative paths of all files below a folder. */
export async function filesOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

export async function describe(root: string, path: string): Promise<BackupFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(join(root, path))) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { path: path.split(sep).join('/'), bytes, sha256: hash.digest('hex') };
}

/** Waits until everything below a folder is on disk. */
export async function flush(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  for (const entry of entries) await flushEntry(join(entry.parentPath, entry.name));
  await flushEntry(dir);
}

export async function flushEntry(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
