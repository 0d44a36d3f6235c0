/** A task's side of the conversation with the benchmark that started it. */

// Whoever asked is gone: nobody would ever stop this process.
process.on('disconnect', () => process.exit(0));

export const parameters = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

export const reply = (message: unknown): void => {
  process.send?.(message);
};
