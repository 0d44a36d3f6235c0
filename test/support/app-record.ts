/** An app table's row for tests. */
import type { AppRecord } from '../../src/protocol/engine.ts';

export function appRecord(name: string, changes: Partial<AppRecord> = {}): AppRecord {
  return {
    name,
    version: 'v1',
    bundleDir: '/',
    compatibilityDate: '2026-01-01',
    compatibilityFlags: [],
    vars: {},
    secretNames: [],
    bindings: [],
    group: 'default',
    limits: { memoryMb: 128, cpuMs: 5000, startupMs: 1000, subrequests: 100, requestBodyBytes: 1e8, connections: 6, waitUntilMs: 30_000 },
    isolation: 'shared',
    timers: 'precise',
    egress: { private: 'deny', allow: [], privateAllow: [], deny: [] },
    routes: [],
    hosts: [],
    crons: [],
    state: 'ready',
    slot: 0,
    ...changes,
  };
}
