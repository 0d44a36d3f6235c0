/**
 * A server to be killed: `nano serve` but for its clock, by which deaths are far apart, so that the server makes no
 * pauses after them and takes no app for their cause. Arguments: the folder of apps, the data folder, port, admin port.
 */
import { readServerConfig } from '../../../src/config/server.ts';
import type { ServerConfig } from '../../../src/config/server-config.ts';
import { type Clock, systemClock } from '../../../src/server/clock.ts';
import { openSupervisor } from '../../../src/server/open-supervisor.ts';
import { BEAT_MS } from '../../../src/server/pulse.ts';

const SPEED = 200;
/** What happens now and then anyway need not happen all the time; and processes say that they live by the clock of the wall. */
const SLOW_MS = 5000;
const isSped = (ms: number): boolean => ms < SLOW_MS && ms !== BEAT_MS;
const [root = '', dataDir = '', port = '0', adminPort = '0'] = process.argv.slice(2);

const clock: Clock = { now: () => performance.now() * SPEED, after: (ms, run) => systemClock.after(isSped(ms) ? ms / SPEED : ms, run) };
const read = (): ServerConfig => readServerConfig(undefined, { overrides: { port, host: '127.0.0.1', adminPort, engines: '1', dataDir, logLevel: 'warn' } });

const config = read();
const { supervisor } = await openSupervisor({
  config,
  reread: read,
  root,
  single: false,
  dev: false,
  admin: true,
  builder: {
    worker: { processEnv: {}, limits: { envVars: config.limits.defaults.envVars, envVarBytes: config.limits.defaults.envVarBytes } },
    build: { maxBytes: config.limits.defaults.bundleBytes, runCommand: false },
    incremental: false,
    compressAssets: true,
  },
  clock,
});
await supervisor.start();
process.stdout.write(`${JSON.stringify({ listening: supervisor.ports })}\n`);
// Only signals end it.
setInterval(() => {}, 60_000);
