/**
 * Runs apps' scheduled handlers when their crons say so.
 *
 * Rules, also for docs/guide/cron.md:
 * - A tick is run once, on one engine. It is written down before it is run: a server that dies meanwhile does not run it
 *   again. If only the engine dies, another runs it, once.
 * - A tick that comes late, by less than a minute, is run; one that was missed for longer, because the server was down
 *   or the clock was set forward, is logged and not made up for, as on Cloudflare. A failed run is not repeated.
 * - A run that is still going when the next is due does not hold it up; it is logged.
 * - Set back, the clock runs no tick a second time; set back by more than an hour, it starts anew from there.
 */
import { Cron } from '../config/cron.ts';
import type { Log } from '../observe/log.ts';
import type { AppRecord, TriggerResult } from '../protocol/engine.ts';
import type { Clock } from './clock.ts';
import type { CronRecord } from './cron-record.ts';

export type CronSchedulerOptions = {
  clock: Clock;
  /** Milliseconds since 1970, as far as this machine knows. */
  wallNow(): number;
  record: CronRecord;
  log: Log;
  run(app: string, cron: string, scheduledTime: number): Promise<TriggerResult>;
};

type Entry = { app: string; cron: Cron; isReady: boolean; last: number; running: number };

/** A tick that is at most this late is run. */
const GRACE_MS = 60_000;
/** The clock is looked at so often, in case it was set. */
const MOST_SLEEP_MS = 30_000;
const SET_BACK_MS = 3_600_000;
/** Missed ticks are counted as far as this. */
const MOST_COUNTED = 10_000;
const SAVE_MS = 200;

export class CronScheduler {
  readonly #options: CronSchedulerOptions;
  #entries = new Map<string, Entry>();
  #cancel: (() => void) | undefined;
  #saving: (() => void) | undefined;
  #isStopped = false;

  constructor(options: CronSchedulerOptions) {
    this.#options = options;
  }

  /** Takes in a new table of apps. A cron that was not there before counts from now on. */
  setApps(apps: readonly AppRecord[]): void {
    const { record } = this.#options;
    const now = this.#options.wallNow();
    const entries = new Map<string, Entry>();
    let isNew = false;
    for (const { name, crons, state } of apps) {
      for (const text of crons) {
        const key = `${name}\n${text}`;
        const known = this.#entries.get(key);
        const written = record.get(name, text);
        entries.set(key, known ?? { app: name, cron: new Cron(text), isReady: true, last: written?.last ?? now, running: 0 });
        (entries.get(key) as Entry).isReady = state === 'ready';
        if (known !== undefined) continue;
        isNew = true;
        if (written?.running === true)
          this.#options.log.warn('a cron run was cut off when the server ended', { app: name, cron: text, scheduledTime: iso(written.last) });
        record.set(name, text, { last: written?.last ?? now });
      }
    }
    const isGone = [...this.#entries.keys()].some((key) => !entries.has(key));
    this.#entries = entries;
    // What is broken at the start has no crons yet: it is not forgotten for that.
    const broken = new Set(apps.filter(({ state }) => state !== 'ready').map(({ name }) => name));
    if (isGone) record.keep((app, cron) => entries.has(`${app}\n${cron}`) || broken.has(app));
    if (isNew || isGone) record.save();
    this.#wake();
  }

  /** No tick is run any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#saving?.();
    if (this.#entries.size > 0) this.#options.record.save();
  }

  #wake(): void {
    this.#cancel?.();
    if (this.#isStopped || this.#entries.size === 0) return;
    const now = this.#options.wallNow();
    let sleep = MOST_SLEEP_MS;
    let isChanged = false;
    const due: (() => void)[] = [];
    for (const entry of this.#entries.values()) {
      isChanged = this.#look(entry, now, due) || isChanged;
      const next = entry.cron.next(Math.max(entry.last, now));
      if (next !== undefined) sleep = Math.min(sleep, next - now);
    }
    // Written down before they are run.
    if (isChanged) this.#options.record.save();
    for (const run of due) run();
    this.#cancel = this.#options.clock.after(Math.max(sleep, 1), () => this.#wake());
  }

  /** Adds the run that is due to `due`. @returns whether there is something to be written down */
  #look(entry: Entry, now: number, due: (() => void)[]): boolean {
    if (entry.last - now > SET_BACK_MS) {
      this.#options.log.warn('the clock was set back: crons count from here', {
        app: entry.app,
        cron: entry.cron.text,
        seconds: Math.round((entry.last - now) / 1000),
      });
      entry.last = now;
    }
    const ticks = ticksBetween(entry.cron, entry.last, now);
    const last = ticks.at(-1);
    if (last === undefined) return false;
    const tick = now - last < GRACE_MS ? ticks.pop() : undefined;
    if (ticks.length > 0) this.#missed(entry, ticks);
    entry.last = last;
    const isRun = tick !== undefined && entry.isReady;
    this.#options.record.set(entry.app, entry.cron.text, isRun ? { last, running: true } : { last });
    if (isRun) due.push(() => void this.#run(entry, tick));
    else if (tick !== undefined)
      this.#options.log.warn('a cron tick was not run: the app is not ready', { app: entry.app, cron: entry.cron.text, scheduledTime: iso(tick) });
    return true;
  }

  #missed({ app, cron }: Entry, ticks: readonly number[]): void {
    const count = ticks.length >= MOST_COUNTED ? `${MOST_COUNTED} or more` : ticks.length;
    this.#options.log.warn('cron ticks were missed', { app, cron: cron.text, count, first: iso(ticks[0] as number), last: iso(ticks.at(-1) as number) });
  }

  async #run(entry: Entry, tick: number): Promise<void> {
    const { log, record } = this.#options;
    const { app, cron } = entry;
    if (entry.running > 0)
      log.warn('a cron run is due while an earlier one is still going', { app, cron: cron.text, scheduledTime: iso(tick), running: entry.running });
    entry.running++;
    const result = await this.#options.run(app, cron.text, tick);
    entry.running--;
    if (result.outcome !== 'ok')
      log.warn('a cron run failed', { app, cron: cron.text, scheduledTime: iso(tick), outcome: result.outcome, error: result.error });
    // The server is being ended: the next one shall know of it.
    if (this.#isStopped && result.outcome === 'engineDied') return;
    if (entry.running > 0 || record.get(app, cron.text)?.running !== true) return;
    record.set(app, cron.text, { last: entry.last });
    this.#saveSoon();
  }

  /** Many runs end at about the same time. */
  #saveSoon(): void {
    this.#saving ??= this.#options.clock.after(SAVE_MS, () => {
      this.#saving = undefined;
      this.#options.record.save();
    });
  }
}

/** The ticks after one time, up to another: at most so many of them, and the last ones in any case. */
function ticksBetween(cron: Cron, after: number, now: number): number[] {
  const ticks: number[] = [];
  for (let tick = cron.next(after); tick !== undefined && tick <= now; tick = cron.next(tick)) {
    ticks.push(tick);
    if (ticks.length < MOST_COUNTED) continue;
    const late = cron.next(Math.max(tick, now - GRACE_MS));
    return late === undefined || late > now ? ticks : [...ticks, late];
  }
  return ticks;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
