/** What one app has used and holds, read off the metrics. */
import type { AppUsage } from '../control/admin-server.ts';
import type { StorageUse } from './quotas.ts';
import { BLAMES } from '../observe/platform-metrics.ts';

/** @param values of a metric that are about the app, by a label @param storage what it has stored */
export function readUsage(values: (name: string, label?: string) => Record<string, number>, storage: StorageUse): AppUsage {
  const one = (name: string): number => values(name)[''] ?? 0;
  const bytes = values('nano_body_bytes_total', 'direction');
  const memory = values('nano_app_memory_bytes', 'kind');
  return {
    cpuSeconds: one('nano_cpu_seconds_total'),
    isolates: one('nano_app_isolates'),
    heapBytes: memory['heap'] ?? 0,
    externalBytes: memory['external'] ?? 0,
    wasmBytes: memory['wasm'] ?? 0,
    requests: values('nano_requests_total', 'status'),
    subrequests: values('nano_subrequests_total', 'outcome'),
    bytesIn: bytes['in'] ?? 0,
    bytesOut: bytes['out'] ?? 0,
    storage,
    exceptions: one('nano_exceptions_total'),
    limitHits: values('nano_limit_hits_total', 'limit'),
    engineDeaths: one(BLAMES),
  };
}
