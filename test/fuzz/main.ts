/**
 * `npm run fuzz -- [--seconds N] [--seed S] [TARGET…]`: fuzzes for as long as it is told to.
 *
 * A failure prints the target and the seed of its round: `--seed S TARGET` begins with that round.
 */
import { parseArgs } from 'node:util';
import { Random } from './random.ts';
import { TARGETS } from './targets.ts';

const { values, positionals } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } }, allowPositionals: true });
const names = positionals.length === 0 ? Object.keys(TARGETS) : positionals;
const seconds = Number(values.seconds ?? 60);
let seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const unknown = names.find((name) => !Object.hasOwn(TARGETS, name));
if (unknown !== undefined || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(`usage: npm run fuzz -- [--seconds N] [--seed S] [TARGET…]\ntargets: ${Object.keys(TARGETS).join(', ')}\n`);
  process.exit(2);
}
const until = performance.now() + seconds * 1000;
const rounds = new Map(names.map((name) => [name, 0]));
let failures = 0;
while (performance.now() < until && failures === 0) {
  for (const name of names) {
    for (let round = 0; round < 50 && failures === 0; round++) {
      try {
        await TARGETS[name]?.(new Random(seed));
      } catch (error) {
        failures++;
        process.stderr.write(`${name} fails with --seed ${seed}:\n${error instanceof Error ? error.stack : String(error)}\n`);
      }
      rounds.set(name, (rounds.get(name) ?? 0) + 1);
      seed = (seed + 1) % 2 ** 31;
    }
  }
}
process.stdout.write(`${[...rounds].map(([name, count]) => `${name} ${count}`).join(', ')}: ${failures === 0 ? 'nothing found' : 'a failure'}\n`);
process.exit(failures === 0 ? 0 : 1);
