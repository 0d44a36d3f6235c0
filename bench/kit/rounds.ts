/** Contestants take turns: A B C, C B A, A B C… so that what the machine does meanwhile meets all alike. */
import type { Effort } from '../question.ts';

/** @returns what each contestant measured, one value a round */
export async function rounds<T>(
  effort: Effort,
  contestants: Readonly<Record<string, () => Promise<T>>>,
  count: number = effort.rounds,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    const order = Object.keys(contestants);
    if (round % 2 === 1) order.reverse();
    for (const name of order) {
      const run = contestants[name];
      if (run === undefined) continue;
      effort.tell(`round ${round + 1} of ${count}: ${name}`);
      results.get(name)?.push(await run());
    }
  }
  return results;
}
