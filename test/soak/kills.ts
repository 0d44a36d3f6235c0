/**
 * Kills at random moments during writes of every kind:
 *
 *     npm run soak:kills -- [--kills N] [--seed N]
 *
 * Fails when something that was acknowledged is lost, something torn is seen, or a request gets no answer. Linux only.
 */
import { commandLine, wholeOption } from '../../bench/kit/command-line.ts';
import { Random } from '../fuzz/random.ts';
import { runKills } from './kills/run.ts';

const USAGE = 'npm run soak:kills -- [--kills N] [--seed N]';
const { values } = commandLine(USAGE, { options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: String(Date.now() % 1e6) } } });
const kills = wholeOption(USAGE, 'kills', values.kills, 1);
const seed = wholeOption(USAGE, 'seed', values.seed);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const share = (part: number): number => Math.max(1, Math.round(kills * part));

say(`kills: ${kills}, seed ${seed}`);
const startedAt = performance.now();
const outcome = await runKills({
  victims: {
    store: share(0.28),
    'sql-worker': share(0.2),
    sql: share(0.12),
    engine: share(0.1),
    supervisor: share(0.04),
    group: share(0.06),
  },
  alone: { secrets: share(0.1), crons: share(0.1) },
  random: new Random(seed),
  say,
});
for (const [victim, count] of Object.entries(outcome.kills)) say(`${victim}: killed ${count} times`);
for (const [kind, { tried, acknowledged }] of Object.entries(outcome.writes)) say(`${kind}: ${tried} writes, ${acknowledged} acknowledged`);
for (const trouble of outcome.troubles) say(`TROUBLE ${trouble}`);
const total = Object.values(outcome.kills).reduce((sum, count) => sum + count, 0);
say(`${total} kills in ${((performance.now() - startedAt) / 1000).toFixed(0)} s, ${outcome.troubles.length} troubles`);
process.exit(outcome.troubles.length === 0 ? 0 : 1);
