/** Medians and quantiles. */

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `q` of all lies; between two values, the one nearer. NaN for none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) * q;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return q === 0.5 ? (low + high) / 2 : (sorted[Math.round(middle)] ?? Number.NaN);
}
