/**
 * What a tail handler gets: the traces of other workers' events.
 *
 * As on Workers a request shows without what may be secret; `getUnredacted()` has all of it.
 * @see https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/
 */
import { ArrayPrototypePush, JSONParse, ObjectDefineProperty } from '../primordials.ts';

type Shown = { full?: unknown };
type Log = { told?: string; message: unknown; errorInfo?: unknown };
type Item = { event: { request?: Shown } | null; logs: Log[] };

/** The items of JSON text that the host has made. */
export function readTraces(text: string): unknown[] {
  const items = JSONParse(text) as Item[];
  const traces: unknown[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Item;
    const request = item.event?.request;
    if (request !== undefined) {
      const { full } = request;
      delete request.full;
      ObjectDefineProperty(request, 'getUnredacted', { value: () => full, writable: true, enumerable: false, configurable: true });
    }
    for (let j = 0; j < item.logs.length; j++) readValues(item.logs[j] as Log);
    ArrayPrototypePush(traces, item);
  }
  return traces;
}

/** Puts what was logged in its place. What is no JSON, which only a tampered-with isolate sends, is told as it is. */
function readValues(log: Log): void {
  const { told = '' } = log;
  delete log.told;
  try {
    const read = JSONParse(told) as unknown[];
    log.message = read[0];
    if (read[1] !== undefined) log.errorInfo = read[1];
  } catch {
    log.message = [told];
  }
}
