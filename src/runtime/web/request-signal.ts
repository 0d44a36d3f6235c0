/**
 * The signals of requests, made when first asked for.
 *
 * Contract: an incoming request's signal follows its event, whether it was asked for before or after the event's abortion.
 */
import { MapCtor, MapPrototypeDelete, MapPrototypeGet, MapPrototypeGetSize, MapPrototypeSet } from '../primordials.ts';
import { type AbortSignal, createAbortSignal, createDependentAbortSignal, signalAbort } from './abort.ts';
import { DOMException } from './dom-exception.ts';
import { abortReason } from './inbound.ts';
import type { RequestState } from './request.ts';

/** The signals of events in hand whose app asked for one. */
const signals = new MapCtor<number, AbortSignal>();

function signalFor(event: number): AbortSignal {
  const known = MapPrototypeGet(signals, event);
  if (known !== undefined) return known;
  const signal = createAbortSignal();
  MapPrototypeSet(signals, event, signal);
  abortSignal(event);
  return signal;
}

/** Passes an event's abortion on to its signal, if the app has asked for it. */
export function abortSignal(event: number): void {
  const signal = MapPrototypeGet(signals, event);
  const reason = abortReason(event);
  if (signal !== undefined && reason !== undefined) signalAbort(signal, new DOMException(reason, 'AbortError'));
}

/** The event is over. */
export function forgetSignal(event: number): void {
  if (MapPrototypeGetSize(signals) !== 0) MapPrototypeDelete(signals, event);
}

/** @see https://fetch.spec.whatwg.org/#dom-request-signal */
export function signalOf(state: RequestState): AbortSignal {
  const followed = state.event === 0 ? state.follows : signalFor(state.event);
  return (state.signal ??= followed === undefined ? createAbortSignal() : createDependentAbortSignal([followed]));
}
