/** Does `nano dev` grow with every save? */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, untilReady } from '../kit/client.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { packageRoot } from '../kit/nano.ts';
import { freePort } from '../kit/port.ts';
import { start, stop } from '../kit/processes.ts';
import { isAlive, listenTo } from '../kit/server.ts';
import { residentMb } from '../kit/usage.ts';
import type { Question, Row } from '../question.ts';

/** The last is held against the one before it, which has half as many behind it. */
const READINGS = [50, 100, 150, 200, 400];
const QUICK_READINGS = [25, 50, 100];
const PATIENCE_MS = 20_000;

/** Each version holds 1.6 MB: those that stayed would be seen. */
const source = (version: number): string =>
  `const held = new Array(200000).fill(0);\nexport default { fetch() { return new Response(String(held[0] + ${version})); } };\n`;

export const reloads: Question = {
  name: 'reloads',
  title: 'Memory of nano dev after hundreds of reloads',
  method:
    'The source is saved 400 times (100 with --quick); each save waits until the new version has answered. Every version holds an array of 1.6 MB: 400 that stayed would be 640 MB. Memory is that of all processes of nano dev, the bundler included. The first half warms up the allocators and does not count.',
  run: async (effort) => {
    const dir = folder({ 'index.js': source(0) });
    const port = await freePort();
    const readings = effort.quick ? QUICK_READINGS : READINGS;
    const most = readings.at(-1) ?? 0;
    const args = [join(packageRoot, 'bin/nano.js'), 'dev', dir, '--port', String(port), '--log-level', 'warn'];
    const child = start(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    listenTo(child);
    const answers = async (text: string): Promise<void> => {
      const end = performance.now() + PATIENCE_MS;
      while ((await ask(port)).body !== text) {
        if (performance.now() > end) throw new Error(`version ${text} did not come`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    try {
      await untilReady(port, '/', 'localhost', 60, () => isAlive(child));
      const resident: number[] = [];
      for (let version = 1; version <= most; version++) {
        writeFileSync(join(dir, 'index.js'), source(version));
        await answers(String(version));
        if (!readings.includes(version)) continue;
        effort.tell(`${version} reloads`);
        resident.push(residentMb(child.pid ?? 0));
      }
      const rows: Row[] = readings.map((reading, i) => ({ what: `resident memory after ${reading}`, value: resident[i], unit: 'MB' }));
      const [half = 0, all = 0] = resident.slice(-2);
      return [...rows, { what: `after ${most} to after ${most / 2}`, value: all / half, unit: '×', goal: { under: 1.1 } }];
    } finally {
      await stop(child);
      removeFolder(dir);
    }
  },
};
