/** What was read of a stream already, and what is left of it. */
export async function* continued<T>(first: readonly T[], rest: Iterator<T> | AsyncIterator<T>): AsyncGenerator<T> {
  yield* first;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
