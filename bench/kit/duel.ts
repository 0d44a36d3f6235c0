/** NANO and Miniflare under the same load, and the rows that say how they did. */
import type { Effort, Row } from '../question.ts';
import { type Contestant, type Started, standing, type Turn, typical, underLoad } from './contest.ts';
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
  /** Who else takes turns in the same rounds. */
  beside?: Readonly<Record<string, Contestant>>;
  /** Seconds each is measured for, one at a time, on servers that stay up; in place of rounds with fresh ones. */
  standingSeconds?: number;
};

/** @returns the rows, and all turns by contestant */
export async function duel(
  effort: Effort,
  { what, load, contestants, figures, beside = {}, standingSeconds }: Duel,
): Promise<{ rows: Row[]; turns: Map<string, Turn[]> }> {
  const { nano, full, miniflare } = contestants;
  const all: Record<string, Contestant> = {
    nano: { start: nano, load },
    ...(full !== undefined && { full: { start: full, load } }),
    ...beside,
    miniflare: { start: miniflare, load },
  };
  const turns = standingSeconds === undefined ? await fresh(effort, all) : await standing(effort, all, standingSeconds);
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

function fresh(effort: Effort, contestants: Readonly<Record<string, Contestant>>): Promise<Map<string, Turn[]>> {
  return rounds(effort, Object.fromEntries(Object.entries(contestants).map(([name, { start, load }]) => [name, () => underLoad(effort, start, load)])));
}
