import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { readServerConfig } from '../config/server.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { engineConfig, restartKeys } from './engine-config.ts';

const config = readServerConfig(undefined, { cwd: tmpdir() });
const withGroups = (groups: ServerConfig['trust']['groups']): ServerConfig => ({ ...config, trust: { groups, cordon: false } });
const group = { apps: ['a'], engines: undefined, spare: undefined };

test('restartKeys: what a running server cannot follow', () => {
  assert.deepEqual(restartKeys(config, { ...config, engines: config.engines + 1, drainMs: 1 }), ['engines']);
});

test('restartKeys: how many engines a trust group has, but not who is in it', () => {
  const before = withGroups({ shop: group, guests: group });
  assert.deepEqual(restartKeys(before, withGroups({ shop: { ...group, apps: ['a', 'b'] }, guests: group, constructor: group })), []);
  assert.deepEqual(restartKeys(before, withGroups({ shop: { ...group, engines: 2 }, guests: { ...group, spare: true } })), [
    'trust_groups.shop',
    'trust_groups.guests',
  ]);
  assert.deepEqual(restartKeys(withGroups({ shop: { ...group, engines: 2 } }), withGroups({})), ['trust_groups.shop']);
});

test('engineConfig: engines share what the service may take, not what the machine has', () => {
  const place = {
    dev: false,
    port: 0,
    adminPort: 0,
    ledgerFile: '',
    runtimeFile: '',
    stores: { socket: '', sql: '', badge: '', dir: '', fsync: config.fsync },
  };
  const { isolateBudgetMb, residentLimitMb, hotBlobMb } = engineConfig(config, { ...place, engines: 2, serviceBytes: 1500 * 1024 * 1024 });
  assert.deepEqual([isolateBudgetMb, residentLimitMb, hotBlobMb], [375, 600, 24]);
  const limited = (engineLimitMb: number): number => engineConfig({ ...config, engineLimitMb }, place).hotBlobMb;
  assert.deepEqual([limited(200), limited(2000), limited(20_000)], [16, 80, 256]);
});
