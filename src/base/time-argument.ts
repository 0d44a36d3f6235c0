/**
 * The time that somebody gives a scheduled handler, in a query.
 * @param text milliseconds since 1970; null or empty: now
 * @returns milliseconds since 1970, or undefined for what no date can be
 */
export function timeArgument(text: string | null): number | undefined {
  const time = text === null || text === '' ? Date.now() : Number(text);
  return Number.isInteger(time) && !Number.isNaN(new Date(time).getTime()) ? time : undefined;
}
