import { test } from 'node:test';
import { Random } from './random.ts';
import { TARGETS } from './targets.ts';

/** A start for every day; `npm run fuzz` goes on from other seeds for as long as one likes. */
const ROUNDS = 300;

for (const [name, target] of Object.entries(TARGETS)) {
  test(`fuzz: ${name}`, async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      try {
        await target(new Random(seed));
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}
