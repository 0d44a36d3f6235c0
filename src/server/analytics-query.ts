/**
 * Queries over the datasets that apps have written, as the admin port offers them.
 *
 * Contract: a query reads, and nothing else; it runs in a process of its own, which is ended when it takes too long,
 * and only a few do so at a time.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { analyticsRoute, type QueryResult } from '../control/analytics-route.ts';
import type { AdminRoute } from '../control/route.ts';
import { fileNameOf, placeOf, storageDir } from '../storage/paths.ts';
import { engineEnv, siblingFile, sqlWorkerExecArgv } from './engine-launch.ts';

export type AnalyticsAsk = { sql: string; datasets: { name: string; file: string }[] };
export type AnalyticsAnswer = QueryResult;

const MOST_MS = 10_000;
const MOST_AT_A_TIME = 4;
/** SQLite attaches so many databases to one query. */
const MOST_DATASETS = 10;

/** @param dataDir the data folder */
export function openAnalytics(dataDir: string): AdminRoute {
  const root = storageDir(dataDir);
  let running = 0;
  return analyticsRoute(async (sql, group) => {
    const datasets = await named(root, sql, group);
    if (datasets.length > MOST_DATASETS) return { ok: false, message: `a query names ${MOST_DATASETS} datasets at most` };
    if (running >= MOST_AT_A_TIME) return { ok: false, message: 'too many queries at a time: try again' };
    running++;
    try {
      return await runQuery(root, { sql, datasets });
    } finally {
      running--;
    }
  });
}

/** The datasets of a group that a query names: words in it that are datasets. */
async function named(root: string, sql: string, group: string): Promise<AnalyticsAsk['datasets']> {
  const files = new Set(await readdir(join(root, fileNameOf(group), 'analytics')).catch(() => []));
  const words = new Set(
    [...sql.matchAll(/"((?:[^"]|"")+)"|([A-Za-z_][\w$-]*)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? (plain as string)),
  );
  return [...words]
    .filter((name) => files.has(`${fileNameOf(name)}.sqlite`))
    .map((name) => ({ name, file: placeOf(root, { product: 'analytics', group, id: name }).file }));
}

function runQuery(root: string, ask: AnalyticsAsk): Promise<AnalyticsAnswer> {
  return new Promise((resolve) => {
    if (!existsSync(root)) return resolve({ ok: false, message: 'nothing has been written yet' });
    const child = fork(siblingFile('analytics-child'), [], {
      execArgv: sqlWorkerExecArgv(root),
      env: engineEnv(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    const timer = setTimeout(() => finish({ ok: false, message: `the query took more than ${MOST_MS / 1000} seconds` }), MOST_MS);
    const finish = (answer: AnalyticsAnswer): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(answer);
    };
    child.on('message', (answer) => finish(answer as AnalyticsAnswer));
    child.on('error', () => finish({ ok: false, message: 'the query could not be started' }));
    child.on('exit', () => finish({ ok: false, message: 'the query needed too much memory, or failed' }));
    if (child.connected) child.send(ask, () => {});
  });
}
