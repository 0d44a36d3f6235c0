/**
 * Whether a server has grown, from its sizes at quiet times: two for each part of a soak, between which its engines
 * were let live.
 */
import { NOTHING, plus, type Size, type Sizes } from './processes.ts';

/** What is within the weather: memory that the allocator has and gives back later, in parts of the whole and megabytes. */
const MOST_PART = 0.1;
const MOST_MB = 40;
const MOST_DESCRIPTORS = 10;

/** A line for each kind of process that has grown; none when all is flat. Long-lived ones and engines are asked for different things. */
export function grown(measured: readonly Sizes[]): string[] {
  const found: string[] = [];
  for (const role of roles(measured)) {
    const sizes = measured.map((each) => each.get(role) ?? NOTHING);
    // The first part fills what is kept on purpose: caches, tables of apps.
    const [before, after] = role === 'engine' ? [mean(sizes.filter(isFirst)), mean(sizes.filter(isLast))] : [mean(sizes.slice(0, 2)), mean(sizes.slice(-2))];
    const mb = after.residentMb - before.residentMb;
    if (mb > Math.max(MOST_MB, before.residentMb * MOST_PART)) found.push(`${role}: memory has grown by ${mb.toFixed(0)} MB`);
    const descriptors = after.descriptors - before.descriptors;
    if (descriptors > MOST_DESCRIPTORS) found.push(`${role}: descriptors have grown by ${descriptors.toFixed(0)}`);
  }
  return found;
}

/** Megabytes and descriptors of each kind of process, at each time. */
export function table(measured: readonly Sizes[]): string {
  const line = (name: string, of: (sizes: Sizes) => string): string => name.padEnd(16) + measured.map((each) => of(each).padStart(10)).join('');
  const total = (sizes: Sizes): Size => [...sizes.values()].reduce(plus, NOTHING);
  const show = ({ residentMb, descriptors }: Size): string => `${residentMb.toFixed(0)}/${descriptors}`;
  return [
    'MB/descriptors',
    ...roles(measured).map((role) => line(role, (each) => show(each.get(role) ?? NOTHING))),
    line('all', (each) => show(total(each))),
  ].join('\n');
}

function roles(measured: readonly Sizes[]): string[] {
  return [...new Set(measured.flatMap((each) => [...each.keys()]))];
}

function isFirst(_: Size, at: number): boolean {
  return at % 2 === 0;
}

function isLast(_: Size, at: number): boolean {
  return at % 2 === 1;
}

function mean(sizes: readonly Size[]): Size {
  const { processes, residentMb, descriptors } = sizes.reduce(plus, NOTHING);
  return { processes: processes / sizes.length, residentMb: residentMb / sizes.length, descriptors: descriptors / sizes.length };
}
