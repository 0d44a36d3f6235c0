/** What a version is told of itself: `version_metadata` of wrangler. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { versionId } from '../base/version-id.ts';
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
