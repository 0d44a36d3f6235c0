/**
 * Queries over the datasets that apps have written, as the admin port offers them.
 *
 * Contract: a query reads, and nothing else; it runs in a process of its own, which is ended when it takes too long,
 * and only a few do so at a time.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { analyticsRoute, type QueryFormat, type QueryResult } from '../control/analytics-route.ts';
import type { AdminRoute } from '../control/route.ts';
import { DataError } from '../ports/stored-data.ts';
import { fileNameOf, placeOf, storageDir } from '../storage/paths.ts';
import { askOnce } from './ask-once.ts';
import { siblingFile, sqlWorkerExecArgv } from './engine-launch.ts';

export type AnalyticsAsk = { sql: string; format: QueryFormat; datasets: { name: string; file: string }[] };

export type AnalyticsOptions = {
  /** The data folder. */
  dataDir: string;
  onTrouble(message: string, fields: Record<string, unknown>): void;
  /** What runs in the process of a query; analytics-child.ts where nothing is said. */
  file?: string;
};

const MOST_MS = 10_000;
const MOST_AT_A_TIME = 4;
/** SQLite attaches so many databases to one query. */
const MOST_DATASETS = 10;
/** Of an answer: what the process counts, with its names and what JSON adds. */
const MOST_BYTES = 64 * 1024 * 1024;

export function openAnalytics(options: AnalyticsOptions): AdminRoute {
  const root = storageDir(options.dataDir);
  let running = 0;
  return analyticsRoute(async (sql, group, format) => {
    const datasets = await named(root, sql, group);
    if (datasets.length > MOST_DATASETS) return { ok: false, message: `a query names ${MOST_DATASETS} datasets at most` };
    if (running >= MOST_AT_A_TIME) return { ok: false, message: 'too many queries at a time: try again' };
    if (!existsSync(root)) return { ok: false, message: 'nothing has been written yet' };
    running++;
    try {
      return await runQuery(root, { sql, format, datasets }, group, options);
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

async function runQuery(root: string, ask: AnalyticsAsk, group: string, { onTrouble, file }: AnalyticsOptions): Promise<QueryResult> {
  const signal = AbortSignal.timeout(MOST_MS);
  try {
    const { stream } = await askOnce({
      file: file ?? siblingFile('analytics-child'),
      execArgv: sqlWorkerExecArgv(root),
      ask,
      stderr: 'ignore',
      what: 'query',
      mostBytes: MOST_BYTES,
      mayStream: false,
      signal,
      onOdd: () => onTrouble('the process of a query over analytics said what is no answer, and was ended', { group }),
    });
    return { ok: true, body: await buffer(stream) };
  } catch (error) {
    if (signal.aborted) return { ok: false, message: `the query took more than ${MOST_MS / 1000} seconds` };
    return { ok: false, message: error instanceof DataError ? error.message : 'the query was ended before it had answered' };
  }
}
