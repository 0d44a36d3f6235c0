/** What a version is called where a UUID is expected: by `version_metadata`, and by tail workers. */
import { createHash } from 'node:crypto';

/** A UUID (version 8, RFC 9562) that begins with the version's twelve digits. */
export function versionId(version: string): string {
  const digits = version + createHash('sha256').update(version).digest('hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(12, 15)}-a${digits.slice(15, 18)}-${digits.slice(18, 30)}`;
}
