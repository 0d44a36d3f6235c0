/** What apps are run for beside requests: crons and queues, wired. */
import { join } from 'node:path';
import type { Log } from '../observe/log.ts';
import type { AppRecord, TriggerResult } from '../protocol/engine.ts';
import type { FromStore } from '../protocol/store.ts';
import type { StorePort } from '../storage/connector.ts';
import { StoreClient } from '../storage/store-client.ts';
import type { Clock } from './clock.ts';
import { CronRecord } from './cron-record.ts';
import { CronScheduler } from './cron-scheduler.ts';
import { EventRunner, type EventRunnerOptions } from './event-runner.ts';
import { QueueDispatcher } from './queue-dispatcher.ts';

export type AppEventsOptions = {
  clock: Clock;
  log: Log;
  dataDir: string;
  /** The supervisor's own way to the stores. */
  storePort: StorePort;
  engines: EventRunnerOptions['engines'];
  /** nano dev: crons run when they are asked for, as with wrangler. */
  dev: boolean;
};

/** How long a cron tick waits for an engine. */
const CRON_WAIT_MS = 50_000;
/** How long somebody waits who asks for a run. */
const ASKED_WAIT_MS = 2000;

export class AppEvents {
  readonly #runner: EventRunner;
  readonly #stores: StoreClient;
  readonly #queues: QueueDispatcher;
  readonly #crons: CronScheduler | undefined;
  #isStarted = false;

  constructor({ clock, log, dataDir, storePort, engines, dev }: AppEventsOptions) {
    this.#runner = new EventRunner({ clock, engines });
    this.#stores = new StoreClient(storePort);
    this.#queues = new QueueDispatcher({ clock, log, stores: this.#stores, runner: this.#runner, boot: `${process.pid}-${Date.now().toString(36)}` });
    if (dev) return;
    this.#crons = new CronScheduler({
      clock,
      log,
      wallNow: Date.now,
      record: new CronRecord(join(dataDir, 'crons.json'), (error) => log.error('the record of cron runs cannot be written', { error })),
      run: (app, cron, scheduledTime) => this.#runner.run({ kind: 'scheduled', app, cron, scheduledTime }, CRON_WAIT_MS),
    });
  }

  /** Takes in the table of apps that engines work by. */
  setApps(apps: readonly AppRecord[]): void {
    this.#isStarted = true;
    this.#queues.setApps(apps);
    this.#crons?.setApps(apps);
  }

  /** The store process has something to tell. */
  notified(notice: Extract<FromStore, { type: 'notify' }>): void {
    this.#queues.notified(notice);
  }

  /** The store process is there, maybe again. */
  storesReady(): void {
    if (this.#isStarted) this.#queues.refresh();
  }

  /** Runs an app's scheduled handler because somebody asks for it. */
  scheduled(app: string, cron: string, scheduledTime: number): Promise<TriggerResult> {
    return this.#runner.run({ kind: 'scheduled', app, cron, scheduledTime }, ASKED_WAIT_MS);
  }

  /** Starts nothing any more; what engines have in hand is theirs to finish. */
  stop(): void {
    this.#queues.stop();
    this.#crons?.stop();
  }

  /** After the engines have gone. */
  close(): void {
    this.#stores.close();
  }
}
