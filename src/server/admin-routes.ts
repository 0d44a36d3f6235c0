/** What the admin port has beside the supervisor's own figures: buckets for S3 clients, stored data, queries, scheduled handlers. */
import { guarded } from '../control/guard.ts';
import { dataRoute } from '../control/data-route.ts';
import type { AdminRoute } from '../control/route.ts';
import { type ScheduledSource, scheduledRoute } from '../control/scheduled-route.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { StorePort } from '../storage/connector.ts';
import { openAnalytics } from './analytics-query.ts';
import { ServedData } from './data/served.ts';
import { openS3 } from './s3.ts';

export type AdminRoutesOptions = {
  dataDir: string;
  /** The storage folder. */
  root: string;
  fsync: 'full' | 'normal';
  /** The supervisor's own way to the stores. */
  port: StorePort;
  /** What callers must show who want to see or change data, or to run handlers. */
  token: string | undefined;
  scheduled: ScheduledSource;
  apps(): readonly AppRecord[];
  /** Sees to it that the store process runs. */
  wakeStores(): void;
  onTrouble(message: string, fields: Record<string, unknown>): void;
};

export type AdminRoutes = { readonly routes: readonly AdminRoute[]; close(): void };

export function openAdminRoutes({ scheduled, token, apps, ...options }: AdminRoutesOptions): AdminRoutes {
  const { onTrouble } = options;
  const s3 = openS3(options);
  const served = new ServedData({ ...options, apps });
  const stored = dataRoute({
    source: served,
    onTrouble: (error) => onTrouble('an operation on stored data failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  });
  return {
    // Requests for buckets are signed.
    routes: [s3.route, ...[scheduledRoute(scheduled), openAnalytics(options), stored].map((route) => guarded(route, token))],
    close: () => {
      s3.close();
      served.close();
    },
  };
}
