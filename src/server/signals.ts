/** Signals of the operating system, as the platform understands them. */

export type SignalHandlers = {
  /** SIGTERM or SIGINT: finish what is in flight, then end. */
  stop(): void;
  /** The second of them: now. */
  stopNow(): void;
  /** SIGHUP: read the configuration again. Not given, it is a wish to end, as of a terminal that is closed. */
  reload?: (() => void) | undefined;
};

/** npm passes on what the terminal has sent to everybody already: such an echo is not a second wish. */
const ECHO_MS = 300;

/** @returns a function that takes the handlers away again */
export function onSignals(handlers: SignalHandlers): () => void {
  let stoppedAt: number | undefined;
  const stop = (): void => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now();
      handlers.stop();
    } else if (performance.now() - stoppedAt > ECHO_MS) handlers.stopNow();
  };
  const reload = handlers.reload ?? stop;
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', reload);
  return () => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    process.off('SIGHUP', reload);
  };
}
