/**
 * The channel of a child process to its supervisor, as the child has it. A SQL process has one to its router.
 *
 * Contract: messages are answered in the order they came. Signals are the supervisor's to act on: a terminal sends them to
 * the whole group, and a child ends when it is told to, or with its channel.
 */
import type { FromEngine } from '../protocol/engine.ts';
import { BEAT_MS } from './pulse.ts';

/** Sends a message; one to a supervisor that has just gone is lost. */
export function tellSupervisor(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Says once a second that the main thread is alive, for as long as the process lives. */
export function beat(): void {
  setInterval(() => tellSupervisor({ type: 'alive' } satisfies FromEngine), BEAT_MS).unref();
}

/**
 * Answers messages one after the other.
 * @param onFailure a message could not be answered
 */
export function answerMessages<Message extends { type: string }>(handle: (message: Message) => Promise<void>, onFailure: (error: unknown) => void): void {
  let queue = Promise.resolve();
  process.on('message', (message) => {
    const run = (): Promise<void> => handle(message as Message);
    // Draining takes as long as the last request: what comes meanwhile does not wait for it.
    if ((message as Message).type === 'drain') void queue.then(run);
    else queue = queue.then(run);
    queue.catch(onFailure);
  });
}

/** Leaves signals to the supervisor. */
export function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
}
