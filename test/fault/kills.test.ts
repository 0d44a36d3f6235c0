/** A few kills of each process while everything is written; `npm run soak:kills` makes a thousand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../fuzz/random.ts';
import { runKills } from '../soak/kills/run.ts';

test('kill -9 of any process: nothing acknowledged is lost, nothing torn is seen', { skip: process.platform !== 'linux', timeout: 280_000 }, async () => {
  const lines: string[] = [];
  const { kills, writes, troubles } = await runKills({
    victims: { store: 2, 'sql-worker': 1, sql: 1, engine: 1, supervisor: 1, group: 1 },
    alone: { secrets: 3, crons: 3 },
    random: new Random(1),
    say: (line) => void lines.push(line),
  });
  assert.deepEqual(troubles, [], lines.join('\n'));
  assert.equal(
    Object.values(kills).reduce((sum, count) => sum + count, 0),
    13,
  );
  for (const kind of ['kv', 'd1', 'r2', 'queue', 'secrets', 'crons']) assert.ok((writes[kind]?.acknowledged ?? 0) > 0, kind);
});
