/**
 * The first argument of a `scheduled` handler.
 * @see https://developers.cloudflare.com/workers/runtime-apis/handlers/scheduled/
 */
import { Post } from '../../protocol/ops.ts';
import { currentEvent, post } from '../bridge.ts';
import { defineInterface, illegalInvocation, isObject } from '../webidl.ts';

export class ScheduledController {
  #scheduledTime: number;
  #cron: string;

  constructor(scheduledTime: number, cron: string) {
    this.#scheduledTime = scheduledTime;
    this.#cron = cron;
  }

  get scheduledTime(): number {
    if (!isObject(this) || !(#cron in this)) throw illegalInvocation();
    return this.#scheduledTime;
  }

  get cron(): string {
    if (!isObject(this) || !(#cron in this)) throw illegalInvocation();
    return this.#cron;
  }

  get type(): string {
    return 'scheduled';
  }

  /** Tells the host so: "noRetry". */
  noRetry(): void {
    if (!isObject(this) || !(#cron in this)) throw illegalInvocation();
    if (currentEvent() !== 0) post(Post.verdict, 'noRetry');
  }
}
defineInterface(ScheduledController, 'ScheduledController');
