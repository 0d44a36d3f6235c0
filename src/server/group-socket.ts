/** Where engines of a trust group listen for the front: one Unix socket for each group, bound and kept by the supervisor. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** The path of a group's socket. A digest, since paths of sockets must be short and names of groups are apps' to choose. */
export function groupSocket(dir: string, group: string): string {
  return join(dir, createHash('sha256').update(group).digest('hex').slice(0, 20));
}
