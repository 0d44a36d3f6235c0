/** Rows as a person reads them: columns of one width each, under their names. */

/** Wider cells are cut. */
const WIDEST = 60;

export function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names.map(text), ...rows.map((row) => names.map((name) => text(row[name])))];
  const widths = names.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  const show = (line: readonly string[]): string =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const [head = [], ...rest] = lines;
  return [show(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rest.map(show)].join('\n');
}

function text(value: unknown): string {
  const plain = value === null || value === undefined ? 'null' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  // A row is a line.
  const line = plain.replaceAll(/[\p{Cc}]/gu, ' ');
  return line.length > WIDEST ? `${line.slice(0, WIDEST - 1)}…` : line;
}
