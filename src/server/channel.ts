/**
 * How a child process keeps to its supervisor.
 *
 * Contract: messages are answered in the order they came. Signals are the supervisor's to act on: a terminal sends them to
 * the whole group, and a child ends when it is told to, or with its channel.
 */
import type { FromEngine } from '../protocol/engine.ts';
import type { FromStore } from '../protocol/store.ts';
import { BEAT_MS } from './pulse.ts';

/** Says once a second that the main thread is alive, for as long as the process lives. */
export function beat(tell: (message: FromEngine & FromStore) => void): void {
  setInterval(() => tell({ type: 'alive' }), BEAT_MS).unref();
}

/**
 * Answers messages one after the other.
 * @param onFailure a message could not be answered
 * @returns takes the next one
 */
export function answerMessages<Message extends { type: string }>(
  handle: (message: Message) => Promise<void>,
  onFailure: (error: unknown) => void,
): (message: Message) => void {
  let queue = Promise.resolve();
  return (message) => {
    const run = (): Promise<void> => handle(message);
    // Draining takes as long as the last request: what comes meanwhile does not wait for it.
    if (message.type === 'drain') void queue.then(run);
    else queue = queue.then(run);
    queue.catch(onFailure);
  };
}

/** Says what has been counted, piece by piece. */
export async function tellMetrics(tell: (message: FromEngine) => void, call: number, counted?: { metrics(): AsyncIterable<string> }): Promise<void> {
  for await (const text of counted?.metrics() ?? []) tell({ type: 'metrics', call, text, isLast: false });
  tell({ type: 'metrics', call, text: '[]', isLast: true });
}

/** Leaves signals to the supervisor. */
export function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
}
