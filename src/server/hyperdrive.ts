/**
 * Which database a `hyperdrive` binding means, and who said so.
 *
 * Contract: only what the operator has named may lie in the private network: an entry of nano.jsonc, a variable of
 * the environment, or in nano dev the app's own file. An app that names one itself is held to its egress rules.
 */
import { createHash } from 'node:crypto';
import { type DatabaseOrigin, parseConnectionString } from '../config/bindings/hyperdrive.ts';
import { configError } from '../config/problem.ts';
import type { BindingRecord } from '../protocol/bindings.ts';

export type HyperdriveSettings = {
  /** Connection strings of nano.jsonc, by id. */
  hyperdrive: Readonly<Record<string, string>>;
  private: 'deny' | 'loopback';
};

/** The bindings, those to databases with all that engines need to know. @throws ConfigError */
export function withOrigins(app: string, bindings: readonly BindingRecord[], settings: HyperdriveSettings): BindingRecord[] {
  const taken = new Set<number>();
  return bindings.map((binding) => {
    if (binding.type !== 'hyperdrive') return binding;
    const { id, url, isOperators } = binding.options;
    const named = Object.hasOwn(settings.hyperdrive, String(id)) ? settings.hyperdrive[String(id)] : undefined;
    const text = named ?? url;
    if (typeof text !== 'string') {
      throw configError({
        key: 'hyperdrive',
        message: `No connection string is known for the binding "${binding.name}".`,
        hint: `Name one under "hyperdrive" in nano.jsonc, with the id "${String(id)}", or set CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_${binding.name}.`,
      });
    }
    const origin = parseConnectionString(text);
    if (typeof origin === 'string')
      throw configError({ key: 'hyperdrive', message: `The connection string of the binding "${binding.name}" cannot be used: ${origin}` });
    const isTrusted = named !== undefined || isOperators === true || settings.private === 'loopback';
    return { ...binding, options: { ...origin, isTrusted, seen: seenFrom(origin, standIn(app, binding.name, taken)) } };
  });
}

/** What the isolate is told: Cloudflare's properties of the binding. */
function seenFrom({ scheme, user, password, database }: DatabaseOrigin, { host, ip }: { host: string; ip: string }): Record<string, string | number> {
  const isMysql = scheme === 'mysql';
  const port = isMysql ? 3306 : 5432;
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const connectionString = `${scheme}://${login}@${host}:${port}/${encodeURIComponent(database)}?${isMysql ? 'ssl-mode=disabled' : 'sslmode=disable'}`;
  return { database, user, password, host, ip, port, connectionString };
}

/** The host name and address that stand for the database in the isolate: the same for every version, and different for every binding. */
function standIn(app: string, name: string, taken: Set<number>): { host: string; ip: string } {
  const digest = createHash('sha256').update(`${app}\n${name}`).digest();
  let suffix = digest.readUInt16BE();
  while (taken.has(suffix)) suffix = (suffix + 1) & 0xffff;
  taken.add(suffix);
  return { host: `${digest.toString('hex', 0, 16)}.hyperdrive.local`, ip: `240.0.${suffix >> 8}.${suffix & 0xff}` };
}
