/** NANO and Miniflare under the same load, and the rows that say how they did. */
import type { Effort, Row } from '../question.ts';
import { type Started, type Turn, typical, underLoad } from './contest.ts';
import { rounds } from './rounds.ts';
import type { Load } from './wrk.ts';

const WHO = { nano: 'NANO', full: 'NANO, waiting for the disk', miniflare: 'Miniflare' } as const;
const FIGURES = {
  p50: { what: 'p50', unit: 'ms', factor: 1 },
  p99: { what: 'p99', unit: 'ms', factor: 1 },
  cpuUs: { what: 'CPU time a request', unit: 'ms', factor: 1 / 1000 },
} as const;

/** How each contestant is started. `full`: NANO, with every write on the disk before it is answered. */
export type Contestants = { nano: () => Promise<Started>; full?: (() => Promise<Started>) | undefined; miniflare: () => Promise<Started> };

export type Duel = {
  /** What a request does, as the table's rows begin. */
  what: string;
  load: Partial<Load>;
  contestants: Contestants;
  /** What is shown of each beside its speed. */
  figures: readonly (keyof typeof FIGURES)[];
  /** Further turns in the same rounds. */
  beside?: Readonly<Record<string, () => Promise<Turn>>>;
};

/** @returns the rows, and all turns by contestant */
export async function duel(effort: Effort, { what, load, contestants, figures, beside = {} }: Duel): Promise<{ rows: Row[]; turns: Map<string, Turn[]> }> {
  const { nano, full, miniflare } = contestants;
  const turns = await rounds(effort, {
    nano: () => underLoad(effort, nano, load),
    ...(full !== undefined && { full: () => underLoad(effort, full, load) }),
    ...beside,
    miniflare: () => underLoad(effort, miniflare, load),
  });
  const names = (['nano', 'full', 'miniflare'] as const).filter((name) => turns.has(name));
  const rate = (name: string): number => typical(turns, name, 'requestsPerSecond');
  const rows: Row[] = names.map((name) => ({ what: `${what}: ${WHO[name]}`, value: rate(name), unit: 'req/s' }));
  rows.push({ what: `${what}: NANO to Miniflare`, value: rate('nano') / rate('miniflare'), unit: '×', goal: { atLeast: 3 } });
  for (const name of names)
    for (const figure of figures) {
      const { what: label, unit, factor } = FIGURES[figure];
      rows.push({ what: `${what}: ${WHO[name]}, ${label}`, value: typical(turns, name, figure) * factor, unit });
    }
  return { rows, turns };
}
