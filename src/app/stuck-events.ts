import type { Numbered } from '../base/numbered.ts';
import type { AppEvent } from './event.ts';
import { NEVER_RESPONDED } from './failures.ts';

/**
 * Ends events that nothing can answer any more, nor go on with the body of. While another event of the isolate has something under way it may yet
 * settle the promise that this one waits for, as with a fetch whose promise several requests share.
 * @param events of one isolate
 * @see https://developers.cloudflare.com/workers/observability/errors/#the-script-will-never-generate-a-response-errors
 */
export function endStuckEvents(events: Numbered<AppEvent>): void {
  if (events.some(({ isActive }) => isActive)) return;
  for (const each of events.values()) {
    if (each.ended || !(each.isStuck || each.isStreaming)) continue;
    each.fail(NEVER_RESPONDED);
    each.terminate();
  }
}
