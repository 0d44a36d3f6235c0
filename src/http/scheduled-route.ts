/**
 * `/cdn-cgi/handler/scheduled`, formerly `/__scheduled`: runs an app's scheduled handler by hand, in development.
 *
 * `?cron=…` is what the handler reads as `controller.cron`, `?time=…` (milliseconds since 1970) its scheduled time.
 * @see https://developers.cloudflare.com/workers/configuration/cron-triggers/#test-cron-triggers-locally
 */
import { NoResponder } from '../ports/no-responder.ts';
import type { EventFailure, FetchClient, RunningEvent, Site } from '../ports/event-client.ts';
import type { Exchange } from './exchange.ts';

/** The second is what it was called before. */
const PATHS = ['/cdn-cgi/handler/scheduled', '/__scheduled'];

/** Takes the request if it is for the route. */
export function handleScheduledRoute(target: string, requestId: string, site: Site, exchange: Exchange): boolean {
  const query = target.indexOf('?');
  if (!PATHS.includes(query === -1 ? target : target.slice(0, query)) || site.scheduled === undefined) return false;
  const parameters = new URLSearchParams(query === -1 ? '' : target.slice(query));
  const time = Number(parameters.get('time') ?? Date.now());
  if (!Number.isFinite(time)) exchange.refuse('badRequest', '"time" is not a number of milliseconds');
  else site.scheduled(requestId, time, parameters.get('cron') ?? '', new ScheduledAnswer(exchange));
  return true;
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
