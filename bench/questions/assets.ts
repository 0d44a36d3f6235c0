/** Static assets beside Miniflare: a small file and a large one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { typical, underLoad } from '../kit/contest.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import type { Question, Row } from '../question.ts';

const SMALL = '<!doctype html><title>small</title>'.padEnd(2000, ' ');
const LARGE = 'a line of a large text file\n'.repeat(37_449);
const FILES = { 'index.html': SMALL, 'large.txt': LARGE };

const WRANGLER = JSON.stringify({ name: 'site', compatibility_date: '2026-01-01', assets: { directory: 'public' } });
const PROJECT = { 'site/wrangler.json': WRANGLER, ...Object.fromEntries(Object.entries(FILES).map(([name, text]) => [`site/public/${name}`, text])) };

const LOADS = [
  { path: '/', what: '2 KB', connections: 64 },
  { path: '/large.txt', what: '1 MB', connections: 16 },
] as const;

/** What Miniflare serves from. */
function write(dir: string): object {
  const directory = join(dir, 'public');
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text);
  return { assets: { directory, routerConfig: { has_user_worker: false }, assetConfig: {} } };
}

export const assets: Question = {
  name: 'assets',
  title: 'Static assets: a small file and a large one',
  method:
    'An app of assets alone; `nano serve` with one engine, and Miniflare with the same folder; wrk with 64 connections, 16 for the large file, without Accept-Encoding. Miniflare is made for development and has no cache in front, as Cloudflare has.',
  run: async (effort) => {
    const rows: Row[] = [];
    for (const { path, what, connections } of LOADS) {
      const load = { path, connections };
      const results = await rounds(effort, {
        nano: () => underLoad(effort, () => startNano({ files: PROJECT }), load),
        miniflare: () => underLoad(effort, () => startMiniflare('export default {};', write), load),
      });
      const rate = (name: string): number => typical(results, name, 'requestsPerSecond');
      rows.push(
        { what: `${what}: NANO`, value: rate('nano'), unit: 'req/s' },
        { what: `${what}: Miniflare`, value: rate('miniflare'), unit: 'req/s' },
        { what: `${what}: NANO to Miniflare`, value: rate('nano') / rate('miniflare'), unit: '×', goal: { atLeast: 3 } },
        { what: `${what}: NANO, p99`, value: typical(results, 'nano', 'p99'), unit: 'ms' },
        { what: `${what}: Miniflare, p99`, value: typical(results, 'miniflare', 'p99'), unit: 'ms' },
      );
    }
    return rows;
  },
};
