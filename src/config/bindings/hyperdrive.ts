/**
 * `hyperdrive`: databases that the app connects to without knowing where they are.
 *
 * Where one is, is said by the operator: in nano.jsonc, by id, or in the environment of `nano`. What the app says in
 * `localConnectionString` counts as the operator's in `nano dev` only. server/hyperdrive.ts decides.
 * @see https://developers.cloudflare.com/workers/wrangler/configuration/#hyperdrive
 */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

const database = z.looseObject({ binding: z.string().min(1), id: z.string(), localConnectionString: z.string().optional() });

/** Wrangler's names for it, the newer one first. */
const VARIABLES = ['CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_', 'WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_'];

export const hyperdriveKey = bindingKey({
  key: 'hyperdrive',
  schema: z.array(database),
  read: (databases, { env = {} }) =>
    databases.map(({ binding, id, localConnectionString }) => {
      const inherited = VARIABLES.map((prefix) => env[prefix + binding]).find((value) => value !== undefined && value !== '');
      return { name: binding, type: 'hyperdrive', options: { id, url: inherited ?? localConnectionString ?? null, isOperators: inherited !== undefined } };
    }),
});

/** A connection string, taken apart. */
export type DatabaseOrigin = {
  scheme: 'postgres' | 'postgresql' | 'mysql';
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  tls: 'off' | 'on' | 'verify';
};

const PORTS = { postgres: 5432, postgresql: 5432, mysql: 3306 } as const;
const TLS_MODES: Readonly<Record<string, DatabaseOrigin['tls']>> = { require: 'on', 'verify-ca': 'verify', 'verify-full': 'verify' };

/** @returns the parts, or what is wrong as a sentence, in wrangler's words, which never contains the string: it has a password in it */
export function parseConnectionString(text: string): DatabaseOrigin | string {
  const url = URL.parse(text);
  if (url === null) return 'The connection string is not a URL.';
  const scheme = url.protocol.slice(0, -1);
  if (!Object.hasOwn(PORTS, scheme)) return 'Only PostgreSQL-compatible or MySQL-compatible databases are currently supported.';
  const { hostname, port, pathname, username, password, searchParams } = url;
  if (hostname === '')
    return "You must provide a hostname or IP address in your connection string - e.g. 'user:password@database-hostname.example.com:5432/databasename";
  if (pathname === '' || pathname === '/') return 'You must provide a database name as the path component - e.g. /postgres';
  if (username === '') return "You must provide a username - e.g. 'user:password@database.example.com:port/databasename'";
  if (password === '') return "You must provide a password - e.g. 'user:password@database.example.com:port/databasename' ";
  const tls = TLS_MODES[searchParams.get('sslmode') ?? ''] ?? 'off';
  if (scheme === 'mysql' && (tls !== 'off' || /^(required|verify)/i.test(searchParams.get('ssl-mode') ?? ''))) return 'TLS to MySQL is not supported yet.';
  try {
    return {
      scheme: scheme as DatabaseOrigin['scheme'],
      host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
      port: port === '' ? PORTS[scheme as keyof typeof PORTS] : Number(port),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      tls,
    };
  } catch {
    return 'The connection string has a "%" that escapes nothing: write %25.';
  }
}
