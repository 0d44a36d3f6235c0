/**
 * Files of a bucket that nothing names: left over from changes, from uploads nobody ended, and from writers that died
 * before they could record what they had written.
 *
 * Contract: a file is removed only if it is named nowhere and, unless a commit has said that it is garbage, has not
 * been written to for a day: nobody is just about to record it.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { blobPath } from '../../storage/blobs.ts';
import type { Database } from '../../storage/database.ts';
import type { NamedFile, ObjectTable } from './objects.ts';
import { UPLOAD_MS } from './upload-store.ts';

const ORPHAN_MS = 24 * 3600_000;
/** Files of one tick: a store's thread serves everybody. */
const MOST_REMOVED = 200;
const FOLDERS = 256;

export type Collecting = { db: Database; dir: string; now: number /** Which of the files' folders has its turn. */; round: number };

export function collect({ db, dir, now, round }: Collecting, objects: ObjectTable): void {
  endUploads(db, objects, now);
  let freed = 0;
  for (const { blob, bytes } of db.all('SELECT blob, bytes FROM garbage WHERE due <= ? LIMIT ?', now, MOST_REMOVED)) {
    rmSync(blobPath(dir, String(blob)), { force: true });
    db.run('DELETE FROM garbage WHERE blob = ?', String(blob));
    freed += Number(bytes);
  }
  objects.countFiles(-freed);
  sweep(db, join(dir, (round % FOLDERS).toString(16).padStart(2, '0')), now);
}

function endUploads(db: Database, objects: ObjectTable, now: number): void {
  const old = db.all('SELECT id, ended FROM uploads WHERE created < ? LIMIT 10', now - UPLOAD_MS);
  for (const { id } of old) {
    objects.forget(db.all('DELETE FROM parts WHERE upload = ? RETURNING blob, size', String(id)) as NamedFile[], []);
    db.run('DELETE FROM uploads WHERE id = ?', String(id));
  }
}

function sweep(db: Database, folder: string, now: number): void {
  let removed = 0;
  for (const file of namesIn(folder)) {
    if (removed >= MOST_REMOVED) return;
    if (isNamed(db, file) || modifiedAt(join(folder, file)) > now - ORPHAN_MS) continue;
    rmSync(join(folder, file), { force: true });
    removed++;
  }
}

/** A row names the file, be it to have it removed. */
export function isNamed(db: Database, blob: string): boolean {
  return (
    db.get('SELECT 1 FROM objects WHERE blob = ?', blob) !== undefined ||
    db.get('SELECT 1 FROM pieces WHERE blob = ?', blob) !== undefined ||
    db.get('SELECT 1 FROM parts WHERE blob = ?', blob) !== undefined ||
    db.get('SELECT 1 FROM garbage WHERE blob = ?', blob) !== undefined
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
}
