/**
 * Which trust group an app is in. Apps of different groups never share a process.
 *
 * What the operator says wins over what the app says of itself, and a group whose apps the operator has listed takes no
 * others: nobody gets into a process by naming its group.
 */
import { type ServerConfig, type TrustConfig, UNTRUSTED_GROUP } from '../config/server-config.ts';

/** The group of apps that name none. */
export const DEFAULT_GROUP = 'default';

/** @param wanted the group that the app names itself */
export function groupOf(app: string, wanted: string | undefined, { groups, cordon }: TrustConfig): string {
  for (const [name, group] of Object.entries(groups)) if (group.apps?.includes(app) === true) return name;
  if (cordon) return UNTRUSTED_GROUP;
  const group = wanted ?? DEFAULT_GROUP;
  const isClosed = Object.hasOwn(groups, group) && groups[group]?.apps !== undefined;
  return isClosed ? UNTRUSTED_GROUP : group;
}

/**
 * A group of its own has one engine and no spare, unless the operator says otherwise: each takes the memory of a process.
 * @param alone there is no other group
 */
export function groupSize(group: string, alone: boolean, config: ServerConfig, dev: boolean): { count: number; spares: number } {
  if (dev) return { count: 1, spares: 0 };
  const { engines, spare, trust } = config;
  const own = Object.hasOwn(trust.groups, group) ? trust.groups[group] : undefined;
  const isMain = alone || group === DEFAULT_GROUP;
  return { count: own?.engines ?? (isMain ? engines : 1), spares: (own?.spare ?? (isMain && spare)) ? 1 : 0 };
}

/**
 * Whom an engine may blame for its end: one that a tenant has taken over may name anybody, and gets at its own group alone.
 * @param group of the engine @param apps that it names
 */
export function blamable(group: string | undefined, apps: readonly string[], table: readonly { name: string; group: string }[]): string[] {
  const groups = new Map(table.map((app) => [app.name, app.group]));
  const isOne = new Set(groups.values()).size <= 1;
  return apps.filter((app) => groups.has(app) && (isOne || groups.get(app) === group));
}
