/** What a version is told of itself: `version_metadata` of wrangler. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE } from '../build/manifest.ts';

export type VersionMetadata = { id: string; tag: string; timestamp: string };

/**
 * @param version of the app, as logs and the admin port name it: the id begins with it
 * @param bundleDir where the version lies: when it was written there is when it was made, after a restart, too
 */
export async function versionMetadata(version: string, bundleDir: string): Promise<VersionMetadata> {
  const { mtime } = await stat(join(bundleDir, MANIFEST_FILE));
  return { id: versionId(version), tag: '', timestamp: mtime.toISOString() };
}

/** A UUID (version 8, RFC 9562) that begins with the version's twelve digits. */
export function versionId(version: string): string {
  const digits = version + createHash('sha256').update(version).digest('hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(12, 15)}-a${digits.slice(15, 18)}-${digits.slice(18, 30)}`;
}
