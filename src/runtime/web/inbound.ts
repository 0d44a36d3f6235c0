/**
 * Incoming requests: from the host's flat arguments to a Request, doing nothing that nobody asked for.
 *
 * Contract: the URL is checked, the headers parsed, `cf` parsed and the signal made only when the app looks.
 */
import { currentEvent } from '../bridge.ts';
import { MapCtor, MapPrototypeDelete, MapPrototypeGet, MapPrototypeGetSize, MapPrototypeSet } from '../primordials.ts';
import { type AbortSignal, createAbortSignal, signalAbort } from './abort.ts';
import { sourceBody } from './body.ts';
import { DOMException } from './dom-exception.ts';
import { type Request, adoptRequest, setInboundSignal } from './request.ts';
import { NO_SETTINGS } from './request-init.ts';

/** The signals of events whose app asked for one, or whose client went before it asked. */
const signals = new MapCtor<number, AbortSignal>();

function signalFor(event: number): AbortSignal {
  const known = MapPrototypeGet(signals, event);
  if (known !== undefined) return known;
  const signal = createAbortSignal();
  MapPrototypeSet(signals, event, signal);
  return signal;
}
setInboundSignal(signalFor);

/**
 * The request of the current event.
 * @param url "http://host/path?query", as the HTTP layer got it
 * @param headers `name\nvalue\n…`, names in lower case
 * @param source the body's number, 0 where there is none
 * @param cf JSON text, or nothing
 */
export function requestFromHost(method: string, url: string, headers: string, source: number, cf: string): Request {
  return adoptRequest({
    method,
    url,
    isRawUrl: true,
    headers,
    isImmutable: true,
    body: source === 0 ? null : sourceBody(source, undefined),
    redirect: 'manual',
    settings: NO_SETTINGS,
    cf: cf === '' ? undefined : cf,
    isRawCf: cf !== '',
    follows: undefined,
    signal: undefined,
    event: currentEvent(),
  });
}

/** The client of an event went away, or its time is up. */
export function abortInbound(event: number, reason: string): void {
  signalAbort(signalFor(event), new DOMException(reason, 'AbortError'));
}

/** The event is over: its signal will not be asked for again. Call for every event that ends. */
export function forgetInbound(event: number): void {
  if (MapPrototypeGetSize(signals) !== 0) MapPrototypeDelete(signals, event);
}
