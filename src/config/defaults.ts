/** What holds where no configuration says anything. Limits have their own table: protocol/limits.ts. */

/** The newest compatibility date this version was written for; apps that name none get it. */
export const DEFAULT_COMPATIBILITY_DATE = '2026-11-17';

export const DEFAULT_SERVER = Object.freeze({
  port: 8080,
  adminPort: 8081,
  host: '0.0.0.0',
  /** The admin port shows everything and asks nothing: loopback unless told otherwise. */
  adminHost: '127.0.0.1',
  dataDir: '.nano',
  fsync: 'full',
  timers: 'coarse',
  sharedMemory: false,
  logLevel: 'info',
  spare: true,
  /** Peers on this machine or in a private network are taken for reverse proxies. */
  trustedProxies: ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', '::1', 'fc00::/7', 'fe80::/10'],
} as const);

/** Engines where nobody says how many: each holds its own isolates of every busy app, so half the processors. */
export function defaultEngines(processors: number): number {
  return Math.max(1, Math.min(16, Math.floor(processors / 2)));
}
