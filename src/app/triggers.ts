/** Events that the supervisor asks for: finds the app, runs them, and knows how many are under way. */
import type { FetchClient } from '../ports/event-client.ts';
import type { Trigger, TriggerResult } from '../protocol/engine.ts';
import { consume, type ConsumerDeps } from './queue-consumer.ts';
import { runTrigger } from './trigger-run.ts';

export class Triggers {
  readonly #deps: ConsumerDeps;
  #active = 0;
  #isLeaving = false;

  constructor(deps: ConsumerDeps) {
    this.#deps = deps;
  }

  /** Events under way; a batch counts until it is settled. */
  get active(): number {
    return this.#active;
  }

  /** The engine is going: consumers take no further batch. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Runs an event. Never rejects: what goes wrong is the result. */
  async run(trigger: Trigger): Promise<TriggerResult> {
    this.#active++;
    try {
      return await (trigger.kind === 'queue' ? consume(trigger, this.#deps, () => this.#isLeaving) : this.#scheduled(trigger));
    } catch (error) {
      this.#deps.observer.warn('an event could not be run', { app: trigger.app, kind: trigger.kind, error: String(error) });
      return { outcome: 'internal', error: String(error) };
    } finally {
      this.#active--;
    }
  }

  async #scheduled({ app, cron, scheduledTime }: Extract<Trigger, { kind: 'scheduled' }>): Promise<TriggerResult> {
    const { apps, newRequestId } = this.#deps;
    const version = apps.get(app);
    if (version === undefined || version.record.state !== 'ready') return { outcome: 'notReady', error: version?.record.reason ?? `There is no app ${app}.` };
    const requestId = newRequestId();
    const start = (client: FetchClient): void => apps.scheduled(version, requestId, scheduledTime, cron, client);
    const { outcome, error, verdicts } = await runTrigger(
      version,
      'scheduled',
      requestId,
      { cron, scheduledTime: new Date(scheduledTime).toISOString() },
      start,
      this.#deps,
    );
    return { outcome, ...(error === undefined ? {} : { error }), ...(verdicts.includes('noRetry') ? { noRetry: true } : {}) };
  }
}
