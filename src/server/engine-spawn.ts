/** From a role to the process that has it: its file, what it may touch, and what it is told. */
import type { ServerConfig } from '../config/server-config.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { makeBadge } from '../storage/badge.ts';
import { engineConfig } from './engine-config.ts';
import type { EngineRole } from './engine-groups.ts';
import { engineEnv, engineExecArgv, frontExecArgv, groupStorage, siblingFile } from './engine-launch.ts';
import type { EngineSpawn } from './engine-process.ts';
import { DEFAULT_GROUP } from './trust.ts';

export type EngineSurroundings = {
  config: ServerConfig;
  dev: boolean;
  dataDir: string;
  ports: { port: number; adminPort: number };
  /** Its own; of an engine it must be there. */
  ledgerFile: string;
  engineFile: string;
  runtimeFile: string;
  badgeKey: string;
  stores: { socket: string; sql: string; root: string };
  /** Engines that share the machine's memory, of all groups. */
  engines: number;
  serviceBytes: number | undefined;
};

/** One for apps that are set aside has half of what others have. */
const ASIDE_SHARES = 2;

export function engineSpawn(role: EngineRole, apps: readonly AppRecord[], around: EngineSurroundings): EngineSpawn {
  const { config, dev, dataDir, ports, ledgerFile, engineFile, runtimeFile, badgeKey, stores, engines, serviceBytes } = around;
  const common = { dev, ...ports, ledgerFile, runtimeFile, serviceBytes };
  const places = { socket: stores.socket, sql: stores.sql, dir: stores.root, fsync: config.fsync };
  if (role.kind === 'front')
    return {
      file: siblingFile('front'),
      execArgv: frontExecArgv(),
      env: engineEnv(),
      listenFd: role.fd,
      config: engineConfig(config, { ...common, engines, stores: { ...places, badge: '' }, isBehindFront: false, groupSockets: role.socketDir }),
      apps,
      about: { role: 'front' },
    };
  const { group, standsBack, isBehindFront } = role;
  const badge = makeBadge(badgeKey, { kind: 'engine', group });
  return {
    file: engineFile,
    execArgv: engineExecArgv(dataDir, [runtimeFile], { ledgerFile, storageDir: groupStorage(stores.root, group) }),
    env: engineEnv(),
    listenFd: role.fd,
    config: engineConfig(config, {
      ...common,
      engines: standsBack === undefined ? engines : engines * ASIDE_SHARES,
      stores: { ...places, badge },
      isBehindFront,
      standsBack,
    }),
    apps,
    about: { group: group ?? DEFAULT_GROUP, ...(standsBack === undefined ? {} : { role: 'aside' }) },
  };
}
