/**
 * What a tail handler gets: the traces of other workers' events.
 *
 * As on Workers a request shows without what may be secret; `getUnredacted()` has all of it.
 * @see https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/
 */
import { ArrayPrototypePush, JSONParse, ObjectDefineProperty } from '../primordials.ts';

type Shown = { full?: unknown };

/** The items of JSON text that the host has made. */
export function readTraces(text: string): unknown[] {
  const items = JSONParse(text) as { event: { request?: Shown } | null }[];
  const traces: unknown[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as (typeof items)[number];
    const request = item.event?.request;
    if (request !== undefined) {
      const { full } = request;
      delete request.full;
      ObjectDefineProperty(request, 'getUnredacted', { value: () => full, writable: true, enumerable: false, configurable: true });
    }
    ArrayPrototypePush(traces, item);
  }
  return traces;
}
