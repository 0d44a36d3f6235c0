/** A task's side of the conversation with the benchmark that started it. */

// Whoever asked is gone: nobody would ever stop this process.
process.on('disconnect', () => process.exit(0));

/** What the task is told: the first message. */
export const parameters = <T>(): Promise<T> => new Promise((resolve) => process.once('message', (message) => resolve(message as T)));

export const reply = (message: unknown): void => {
  process.send?.(message);
};
