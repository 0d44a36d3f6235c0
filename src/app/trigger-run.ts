/**
 * An event that no client asks for, from its start to its line in the log: a cron tick, a batch of messages.
 *
 * Contract: it is marked in the ledger while it runs, and comes to exactly one result. It gets as long as Cloudflare
 * gives it; the isolate's limits hold as for requests.
 */
import { NoResponder } from '../ports/no-responder.ts';
import { errorLine } from '../base/error-line.ts';
import type { EventFailure, FetchClient, RunningEvent } from '../ports/event-client.ts';
import type { EventKind, Observer } from '../ports/observer.ts';
import { ClientErrors } from '../protocol/errors.ts';
import type { InFlightLedger } from './sites.ts';
import type { AppVersion } from './version.ts';

export type TriggerDeps = { ledger: InFlightLedger; observer: Observer };

/** What an event came to. `verdicts`: what the app said of it, in order. */
export type Ran = { outcome: string; error?: string; verdicts: readonly string[] };

/** @see https://developers.cloudflare.com/workers/platform/limits/#duration */
const MOST_WALL_MS = 15 * 60_000;
/** Characters an app may say of one event: many times what a batch needs. The rest is not listened to. */
const MOST_SAID = 65_536;

/**
 * Runs an event and writes down what became of it.
 * @param detail what the log line tells of it @param start hands the event to a worker
 */
export async function runTrigger(
  version: AppVersion,
  kind: EventKind,
  requestId: string,
  detail: Readonly<Record<string, string | number>>,
  start: (client: FetchClient) => void,
  { ledger, observer }: TriggerDeps,
): Promise<Ran> {
  const { name: app, version: versionId, slot } = version.record;
  const started = performance.now();
  ledger.begin(slot);
  const client = new TriggerClient();
  const timer = setTimeout(() => client.timedOut(), MOST_WALL_MS);
  try {
    start(client);
    const ran = await client.ran;
    // The turn that said so is still being counted.
    setImmediate(() => {
      const { coldStart, cpuMs } = client;
      const { outcome, error } = ran;
      const durationMs = performance.now() - started;
      observer.event({ app, version: versionId, requestId, kind, detail, durationMs, cpuMs, coldStart, outcome, ...(error === undefined ? {} : { error }) });
    });
    return ran;
  } finally {
    clearTimeout(timer);
    ledger.end(slot);
  }
}

class TriggerClient extends NoResponder implements FetchClient {
  readonly ran: Promise<Ran>;
  coldStart = false;
  #resolve: (ran: Ran) => void = () => {};
  #event: RunningEvent | undefined;
  readonly #verdicts: string[] = [];
  #said = 0;

  constructor() {
    super();
    this.ran = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get cpuMs(): number {
    return this.#event?.cpuMs ?? 0;
  }

  started(event: RunningEvent, coldStart: boolean): void {
    this.#event = event;
    this.coldStart = coldStart;
  }

  verdict(text: string): void {
    this.#said += text.length + 1;
    if (this.#said <= MOST_SAID) this.#verdicts.push(text);
  }

  completed(): void {
    this.#resolve({ outcome: 'ok', verdicts: this.#verdicts });
  }

  fail({ name, error }: EventFailure): void {
    this.#resolve({ outcome: ClientErrors[name].outcome, error: errorLine(error), verdicts: this.#verdicts });
  }

  /** The event is left what waitUntil may use, then it is ended. */
  timedOut(): void {
    this.#resolve({ outcome: 'exceededWallTime', error: 'It took longer than 15 minutes.', verdicts: this.#verdicts });
    this.#event?.clientGone();
  }
}
