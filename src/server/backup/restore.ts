/**
 * A data folder from a copy that `backup` has made.
 *
 * Contract: every file is compared with what the copy says of it; the data folder is the old one or the new one, and
 * never half of either; what was there before is kept beside it.
 */
import { constants, readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { z } from 'zod';
import { openDataFolder } from '../data-folder.ts';
import { BackupError, type BackupManifest, describe, exists, FORMAT, flush, flushEntry, MANIFEST } from './backup.ts';

const schema = z.object({
  format: z.literal(FORMAT),
  madeBy: z.string(),
  madeAt: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});

export type RestoreOptions = {
  /** What `backup` has made. */
  from: string;
  /** The data folder. */
  to: string;
  /** Take the place of data that is there. */
  force: boolean;
  now: number;
};

/** @returns what was copied, and where the old folder lies now @throws BackupError */
export async function restore({ from, to, force, now }: RestoreOptions): Promise<{ manifest: BackupManifest; old: string | undefined }> {
  const manifest = await readManifest(from);
  const isThere = await exists(to);
  if (isThere && isUsed(to)) throw new BackupError(`a server uses ${to}: stop it first`);
  if (isThere && !force && hasData(to)) throw new BackupError(`there is data in ${to}: --force puts it aside`);
  const aside = `${to}.restoring-${process.pid}`;
  try {
    await mkdir(aside, { recursive: true, mode: 0o700 });
    for (const file of manifest.files) {
      const path = normalize(file.path.split('/').join(sep));
      if (path.startsWith('..') || path.startsWith(sep)) throw new BackupError(`${from} is damaged: ${JSON.stringify(file.path)} leads out of it`);
      await mkdir(dirname(join(aside, path)), { recursive: true, mode: 0o700 });
      await copyFile(join(from, path), join(aside, path), constants.COPYFILE_FICLONE).catch(() => {
        throw new BackupError(`${from} is damaged: ${file.path} cannot be read`);
      });
      const copied = await describe(aside, path);
      if (copied.sha256 !== file.sha256) throw new BackupError(`${from} is damaged: ${file.path} is not what it was`);
    }
    await flush(aside);
    const old = isThere ? `${to}.before-${now}` : undefined;
    if (old !== undefined) await rename(to, old);
    await rename(aside, to);
    await flushEntry(dirname(to));
    return { manifest, old };
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function readManifest(from: string): Promise<BackupManifest> {
  let text: string;
  try {
    text = await readFile(join(from, MANIFEST), 'utf8');
  } catch {
    throw new BackupError(`${from} is not a backup: it has no ${MANIFEST}`);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new BackupError(`${from} is damaged, or of a newer version: ${MANIFEST} cannot be understood`);
  }
}

function isUsed(dir: string): boolean {
  return openDataFolder(dir).isShared();
}

function hasData(dir: string): boolean {
  return ['storage', 'sql', 'secrets', 's3'].some((name) => {
    try {
      return readdirSync(join(dir, name)).length > 0;
    } catch {
      return false;
    }
  });
}
