/**
 * Incoming requests: from the host's flat arguments to a Request, doing nothing that nobody asked for.
 *
 * Contract: the URL is checked, the headers parsed, `cf` parsed and the signal made only when the app looks.
 */
import { currentEvent } from '../bridge.ts';
import { peek } from '../link.ts';
import { MapCtor, MapPrototypeDelete, MapPrototypeGet, MapPrototypeGetSize, MapPrototypeSet } from '../primordials.ts';
import { type Body, asBytes, bytesBody, sourceBody, textBody } from './body.ts';
import { NO_SETTINGS, type Request, adoptRequest } from './request.ts';

/** The events whose client went away, or whose time is up, and why. */
const reasons = new MapCtor<number, string>();

/** Why an event in hand was aborted; undefined where it was not. */
export function abortReason(event: number): string | undefined {
  return MapPrototypeGet(reasons, event);
}

/**
 * The request of the current event.
 * @param url "http://host/path?query", as the HTTP layer got it
 * @param headers `name\nvalue\n…`, names in lower case
 * @param source the body's number, 0 where there is none on the host
 * @param cf JSON text; nothing where the request came from outside
 * @param inline a body that came along: text or bytes
 */
export function requestFromHost(method: string, url: string, headers: string, source: number, cf: string, inline: unknown = undefined): Request {
  return adoptRequest({
    method,
    url,
    isRawUrl: true,
    headers,
    isImmutable: true,
    body: inboundBody(source, inline),
    redirect: 'manual',
    settings: NO_SETTINGS,
    cf,
    isRawCf: true,
    follows: undefined,
    signal: undefined,
    event: currentEvent(),
  });
}

const inboundBody = (source: number, inline: unknown): Body | null => {
  if (inline === undefined) return source === 0 ? null : sourceBody(source, undefined);
  return typeof inline === 'string' ? textBody(inline, undefined) : bytesBody(asBytes(inline as ArrayBuffer) as Uint8Array<ArrayBuffer>, undefined);
};

/** The client of an event went away, or its time is up. */
export function abortInbound(event: number, reason: string): void {
  MapPrototypeSet(reasons, event, reason);
  peek('events')?.abortSignal(event);
}

/** The event is over: its signal will not be asked for again. Call for every event that ends. */
export function forgetInbound(event: number): void {
  if (MapPrototypeGetSize(reasons) !== 0) MapPrototypeDelete(reasons, event);
  peek('events')?.forgetSignal(event);
  peek('broadcast')?.dropChannels(event);
}
