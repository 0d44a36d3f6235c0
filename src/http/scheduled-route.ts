/**
 * `/cdn-cgi/handler/scheduled`, formerly `/__scheduled`: runs an app's scheduled handler by hand, in development. Other
 * handlers (`email`) cannot be run in this way: an app's fetch handler must not seem to be one.
 *
 * What asks for it is a person or a program, or a page of the app's own. A page of anybody else's cannot read the answer, but
 * would run the handler with an image or a form; browsers say whose page it is.
 *
 * `?cron=…` is what the handler reads as `controller.cron`, `?time=…` (milliseconds since 1970) its scheduled time.
 * @see https://developers.cloudflare.com/workers/configuration/cron-triggers/#test-cron-triggers-locally
 */
import type { IncomingHttpHeaders } from 'node:http';
import { timeArgument } from '../base/time-argument.ts';
import { NoResponder } from '../ports/no-responder.ts';
import type { EventFailure, FetchClient, RunningEvent, Site } from '../ports/event-client.ts';
import type { Exchange } from './exchange.ts';

/** The others are what it was called before. */
const PATHS = ['/cdn-cgi/handler/scheduled', '/__scheduled', '/cdn-cgi/mf/scheduled'];
const HANDLERS = '/cdn-cgi/handler/';

/** Takes the request if it is for the route. */
export function handleScheduledRoute(target: string, headers: IncomingHttpHeaders, requestId: string, site: Site, exchange: Exchange): boolean {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  if (site.scheduled === undefined) return false;
  if (!PATHS.includes(path)) {
    if (!path.startsWith(HANDLERS)) return false;
    exchange.send(404, '', 'content-type\ntext/plain;charset=UTF-8', `"${path}" is not a valid handler. Did you mean to use "${PATHS[0]}"?`);
    return true;
  }
  if (isForeign(headers)) {
    exchange.send(403, '', 'content-type\ntext/plain;charset=UTF-8', 'A page of another site may not run the handler.');
    return true;
  }
  const parameters = new URLSearchParams(query === -1 ? '' : target.slice(query));
  const time = timeArgument(parameters.get('time'));
  if (time === undefined) exchange.refuse('badRequest', '"time" is not a number of milliseconds since 1970');
  else site.scheduled(requestId, time, parameters.get('cron') ?? '', new ScheduledAnswer(exchange));
  return true;
}

/** Has a page asked that is none of the app's? Older browsers, and those on plain HTTP, say it by `Origin` alone, and not of images. */
function isForeign({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  return site === undefined ? origin !== undefined && !origin.endsWith(`//${host}`) : site !== 'none' && site !== 'same-origin';
}

/** Answers the request with what became of the event. */
class ScheduledAnswer extends NoResponder implements FetchClient {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    super();
    this.#exchange = exchange;
  }

  started(event: RunningEvent, coldStart: boolean): void {
    this.#exchange.started(event, coldStart);
  }

  completed(): void {
    this.#exchange.send(200, '', 'content-type\ntext/plain;charset=UTF-8', 'ok');
  }

  fail(failure: EventFailure): void {
    this.#exchange.fail(failure);
  }
}
