/** Static assets beside Miniflare: a small file and a large one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { duel } from '../kit/duel.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
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
    const contestants = { nano: () => startNano({ files: PROJECT }), miniflare: () => startMiniflare('export default {};', write) };
    for (const { path, what, connections } of LOADS)
      rows.push(...(await duel(effort, { what, load: { path, connections }, contestants, figures: ['p99'] })).rows);
    return rows;
  },
};
