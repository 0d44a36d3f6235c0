/** Which failed requests the log explains. */
import type { LogLine } from '../support/nano-process.ts';

/** A request to a well-behaved app that did not get its answer. `status` is 0 where the connection broke. */
export type Failure = { at: number; app: string; status: number; detail: string };
export type Event = { at: number; line: LogLine };

/** A line may come this long after the request it is about has failed, in milliseconds. */
const LATE_MS = 3000;
/** A connection that broke was in an engine that died at most this long before, where the machine is busy. */
const EARLY_MS = 3000;

/** What an engine has to end in, once V8 has lost a thread of it. */
const LOST_MS = 15_000;

/** The line that explains it, if there is one: an engine that died, the app's own limit, or its quarantine. */
export function explanation({ at, app, status }: Failure, events: readonly Event[]): LogLine | undefined {
  const near = events.filter((event) => event.at > at - EARLY_MS && event.at < at + LATE_MS);
  if (status === 0) return (near.find(({ line }) => line['msg'] === 'engine died') ?? events.find((event) => isLost(event, at)))?.line;
  const own = near.find(({ line }) => line['app'] === app && line['event'] === 'limit');
  return own?.line ?? quarantine(app, at, events);
}

/** V8 has lost a thread of an engine, which ends some seconds later with whatever is still in it. */
function isLost({ at: told, line }: Event, at: number): boolean {
  return told < at && told > at - LOST_MS && /taken a thread/.test(String(line['msg']));
}

/** The app is in quarantine at this time, or has just left it. */
function quarantine(app: string, at: number, events: readonly Event[]): LogLine | undefined {
  let last: LogLine | undefined;
  for (const event of events) {
    if (event.at > at + LATE_MS || event.line['app'] !== app) continue;
    const text = String(event.line['msg']);
    if (text.startsWith('quarantined')) last = event.line;
    else if (text.startsWith('released') && event.at < at - EARLY_MS) last = undefined;
  }
  return last;
}
