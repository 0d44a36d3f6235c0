/** Time as the server's decisions see it; tests put their own in its place. */
export interface Clock {
  /** Milliseconds, never going back. */
  now(): number;
  /** Calls `run` once, later; what is returned takes it back. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
