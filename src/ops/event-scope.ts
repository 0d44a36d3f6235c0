/**
 * What an event has open on the network.
 *
 * Contract: when the event's signal fires, everything still registered is closed, once. One listener
 * per event, however many fetches it makes.
 */
import type { EventState } from './op.ts';

type Close = () => void;

const scopes = new WeakMap<EventState, Set<Close>>();

/**
 * Registers how to close something when the event is over; at once if it is over already.
 * @returns a function that takes the registration back
 */
export function closeWithEvent(event: EventState, close: Close): () => void {
  if (event.signal.aborted) {
    close();
    return () => {};
  }
  let open = scopes.get(event);
  if (open === undefined) {
    const created = new Set<Close>();
    event.signal.addEventListener(
      'abort',
      () => {
        for (const each of created) each();
        created.clear();
      },
      { once: true },
    );
    scopes.set(event, (open = created));
  }
  open.add(close);
  return () => open.delete(close);
}
