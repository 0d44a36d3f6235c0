/**
 * Brings events that no client asks for to an engine, to each in turn.
 *
 * Contract: an event is run by one engine. When that engine dies before it has answered, another is asked, once: an
 * event that takes two engines down is not tried a third time.
 */
import type { Trigger, TriggerResult } from '../protocol/engine.ts';
import type { Clock } from './clock.ts';

/** What it needs of an engine. */
export interface TriggerEngine {
  /** @returns undefined when it died before it had answered */
  trigger(trigger: Trigger): Promise<TriggerResult | undefined>;
}

export type EventRunnerOptions = {
  clock: Clock;
  /** Engines that serve an app. */
  engines(app: string): readonly TriggerEngine[];
};

const WAIT_STEP_MS = 100;

export class EventRunner {
  readonly #options: EventRunnerOptions;
  #turn = 0;

  constructor(options: EventRunnerOptions) {
    this.#options = options;
  }

  /** The engine whose turn it is; undefined while none serves. */
  next(app: string): TriggerEngine | undefined {
    const engines = this.#options.engines(app);
    return engines[this.#turn++ % Math.max(1, engines.length)];
  }

  /** @param waitMs how long to wait for an engine @returns outcome "noEngine" or "engineDied" where none could run it */
  async run(trigger: Trigger, waitMs: number): Promise<TriggerResult> {
    for (let attempt = 0; attempt < 2; attempt++) {
      const engine = await this.#wait(trigger.app, waitMs);
      if (engine === undefined) return { outcome: 'noEngine', error: 'No engine was there to run it.' };
      const result = await engine.trigger(trigger);
      if (result !== undefined) return result;
    }
    return { outcome: 'engineDied', error: 'The engines that ran it died.' };
  }

  async #wait(app: string, milliseconds: number): Promise<TriggerEngine | undefined> {
    for (let left = milliseconds; ; left -= WAIT_STEP_MS) {
      const engine = this.next(app);
      if (engine !== undefined || left <= 0) return engine;
      await new Promise<void>((resolve) => this.#options.clock.after(WAIT_STEP_MS, resolve));
    }
  }
}
