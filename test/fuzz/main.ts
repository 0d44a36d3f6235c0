/**
 * `npm run fuzz -- [--seconds N] [--seed S] [TARGET…]`: fuzzes for as long as it is told to.
 *
 * A failure prints the target and the seed of its round: `--seed S TARGET` begins with that round.
 */
import { amountOption, commandLine, wholeOption, wrongUsage } from '../../bench/kit/command-line.ts';
import { Random } from './random.ts';
import { TARGETS } from './targets.ts';

const USAGE = `npm run fuzz -- [--seconds N] [--seed S] [TARGET…]\n\ntargets: ${Object.keys(TARGETS).join(', ')}`;
const { values, positionals } = commandLine(USAGE, {
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const names = positionals.length === 0 ? Object.keys(TARGETS) : positionals;
const seconds = amountOption(USAGE, 'seconds', values.seconds);
let seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeOption(USAGE, 'seed', values.seed);
const unknown = names.find((name) => !Object.hasOwn(TARGETS, name));
if (unknown !== undefined) wrongUsage(USAGE, `There is no target "${unknown}".`);
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
