/** What a run tells on the terminal. */
import type { AreaResult } from './results.ts';
import type { Outcome } from './run.ts';

export type Row = {
  readonly area: string;
  readonly goal: number | undefined;
  readonly result: AreaResult;
  /** Of how many subtests the share is told. */
  readonly whole: number;
  readonly unexpected: number;
  readonly stale: number;
};

/** Per cent, rounded down, so that only a whole is 100. */
export function percentage(passed: number, whole: number): string {
  return whole === 0 ? '-' : `${(Math.floor((passed / whole) * 10_000) / 100).toFixed(2)} %`;
}

export function describeOutcome({ test, error, subtests, milliseconds }: Outcome): string {
  const passed = subtests.filter((subtest) => subtest.passed).length;
  return `${test.path}${test.variant} ${passed}/${subtests.length} ${milliseconds} ms${error === undefined ? '' : `  ${error.split('\n')[0]}`}`;
}

/** Areas as lines of aligned columns. */
export function resultTable(rows: readonly Row[]): string {
  const head = ['area', 'runs', 'passed', 'of', 'share', 'goal', 'file errors', 'unexpected failures', 'unexpected passes'];
  const lines = rows.map(({ area, goal, result, whole, unexpected, stale }) => [
    area,
    result.runs,
    result.passed,
    whole,
    percentage(result.passed, whole),
    goal === undefined ? '' : `${goal} % ${(result.passed / whole) * 100 >= goal ? '✔' : '✖'}`,
    result.errors,
    unexpected,
    stale,
  ]);
  const table = [head, ...lines].map((line) => line.map(String));
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table
    .map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '))
    .join('\n');
}
