/** Who is called, by the number an isolate has for it, and how deep calls may lead. */
import { OpError } from '../base/op-error.ts';
import { DispatchBinding } from '../bindings/dispatch/index.ts';
import { GivenServiceBinding, ServiceBinding } from '../bindings/service/index.ts';
import type { OutboundWorker, Props } from '../ports/event-client.ts';
import type { Origin, ServiceTarget } from '../ports/invoker.ts';
import type { LoadedWorker } from '../ports/worker-loader.ts';
import { LOADED_WORKER, MOST_PASSED, OWN_EXPORT, serviceNumber } from '../protocol/rpc.ts';
import type { EventState, OpContext, Place } from './op.ts';
import { isToken } from './outbound-headers.ts';

/** A service that an isolate has been given by another: behind a handle. */
export class GivenService {
  readonly target: ServiceTarget;

  constructor(target: ServiceTarget) {
    this.target = target;
  }
}

/** A worker that an event has loaded: behind a handle. */
export class LeasedWorker {
  readonly worker: LoadedWorker;

  constructor(worker: LoadedWorker) {
    this.worker = worker;
  }
}

/** Characters of a service's text, most of which are props. */
const MOST_TEXT = 256 * 1024;

/** The service of that number, as this event calls it: below zero one of the app's bindings, else a handle. @throws OpError for any other number */
export function serviceAt(place: Place, number: unknown): ServiceTarget {
  const { context } = place;
  if (typeof number === 'string') return named(place, number);
  const binding = Number.isSafeInteger(number) && (number as number) < 0 ? context.binding(serviceNumber(number as number)) : undefined;
  const found = binding instanceof ServiceBinding || binding instanceof GivenServiceBinding ? binding : context.handles.get(number, GivenService);
  if (found === undefined) throw new OpError('TypeError', 'Invalid service.');
  return underSame(place, found.target);
}

/** An app that calls itself has nothing else between it and the network than before: there is no way round an outbound worker. */
function underSame({ context, event: { outbound } }: Place, target: ServiceTarget): ServiceTarget {
  return outbound === undefined || target.app !== context.app ? target : { ...target, outbound };
}

/** JSON text of a dispatch namespace's number, the app's name, limits and parameters (see runtime/workers/bindings/dispatch.ts), of OWN_EXPORT or of LOADED_WORKER. */
function named(place: Place, text: string): ServiceTarget {
  let parts: unknown;
  try {
    parts = text.length > MOST_TEXT ? undefined : JSON.parse(text);
  } catch {
    parts = undefined;
  }
  const [number, app] = Array.isArray(parts) ? parts : [];
  if (number === LOADED_WORKER) return underSame(place, loadedEntrypoint(place, parts as unknown[]));
  if (number === OWN_EXPORT && typeof app === 'string') return underSame(place, ownExport(place, app, parts as unknown[]));
  return dispatched(place, Array.isArray(parts) ? parts : []);
}

function dispatched({ context, event }: Place, [number, app, cpuMs, subrequests, parameters]: readonly unknown[]): ServiceTarget {
  const binding = Number.isSafeInteger(number) && (number as number) < 0 ? context.binding(serviceNumber(number as number)) : undefined;
  if (!(binding instanceof DispatchBinding) || typeof app !== 'string') throw new OpError('TypeError', 'Invalid service.');
  const limits = { cpuMs: atMost(cpuMs), subrequests: atMost(subrequests) };
  const target = { app, entrypoint: undefined, props: undefined, namespace: binding.namespace, limits };
  const outbound = outboundFor(binding, parameters, event.outbound);
  return outbound === undefined ? target : { ...target, outbound };
}

/** What stands between an app that is dispatched and the network, which is the dispatching event's. @throws OpError for parameters that are none */
function outboundFor({ outbound }: DispatchBinding, parameters: unknown, next: OutboundWorker | undefined): OutboundWorker | undefined {
  const env = typeof parameters === 'string' ? parameters : undefined;
  for (const name of env === undefined ? [] : Object.keys(readParameters(env))) {
    if (outbound?.parameters.includes(name) === true) continue;
    const instead =
      outbound === undefined
        ? 'names no outbound worker'
        : `lists ${outbound.parameters.length === 0 ? 'none' : outbound.parameters.join(', ')} in "outbound.parameters"`;
    throw new OpError('TypeError', `"${name.slice(0, 100)}" is not a parameter of an outbound worker: the configuration of the dispatch namespace ${instead}.`);
  }
  return outbound === undefined ? next : { app: outbound.app, env, next };
}

function readParameters(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new OpError('TypeError', 'The parameters of an outbound worker must be an object.');
}

/** Of a worker that the app has loaded. */
function loadedEntrypoint(place: Place, parts: readonly unknown[]): ServiceTarget {
  const { context } = place;
  const [, handle, entrypoint, cpuMs, subrequests, ...props] = parts;
  const leased = context.handles.get(handle, LeasedWorker);
  if (leased === undefined || (entrypoint !== null && typeof entrypoint !== 'string')) throw new OpError('TypeError', 'Invalid service.');
  return {
    app: context.app,
    loaded: leased.worker,
    entrypoint: entrypoint === null || entrypoint === 'default' ? undefined : entrypoint,
    props: propsOf(place, props),
    limits: { cpuMs: Math.max(1, Math.floor(atMost(cpuMs))), subrequests: atMost(subrequests) },
  };
}

function ownExport(place: Place, entrypoint: string, [, , ...props]: readonly unknown[]): ServiceTarget {
  const { context } = place;
  const target = {
    app: context.app,
    entrypoint: entrypoint === 'default' ? undefined : entrypoint,
    props: propsOf(place, props),
  };
  return context.loaded === undefined ? target : { ...target, loaded: context.loaded };
}

/** Text, and the services that it names, of which none may be a worker that was loaded. @throws OpError */
function propsOf(place: Place, [text, ...services]: readonly unknown[]): Props | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || services.length > MOST_PASSED) throw new OpError('TypeError', 'Invalid service.');
  return { text, services: services.map((service) => transferable(serviceAt(place, service))) };
}

/** @throws OpError with Cloudflare's text for what would outlive the worker that has loaded it */
export function transferable(target: ServiceTarget): ServiceTarget {
  if (target.loaded === undefined) return target;
  throw new OpError(
    'DataCloneError',
    'Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not know how to reload this Worker from scratch. Instead, have the parent Worker expose an entrypoint which constructs the dynamic worker and forwards to it.',
  );
}

/** Props as the argument of a turn: the services, as handles of the event, a line break, and the text. */
export function propsArgument(context: OpContext, event: EventState, props: Props | undefined): string | undefined {
  if (props === undefined) return undefined;
  const handles = props.services.map((service) => giveService(context, event, service as ServiceTarget));
  return `${handles.join(',')}\n${props.text}`;
}

/** Gives an event a service. @returns its handle */
export function giveService(context: OpContext, event: EventState, target: ServiceTarget): number {
  const handle = context.handles.add(new GivenService(target));
  event.atEnd(() => context.handles.remove(handle));
  return handle;
}

const atMost = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : Number.POSITIVE_INFINITY);

/** Workers that may be at work for one request, each called by the one before. */
export const MOST_DEPTH = 16;

/** The calling event, as the callee hears of it. @throws OpError where calls have led too deep, or to too many of them */
export function originOf(context: OpContext, event: EventState): Origin {
  if (event.depth + 1 >= MOST_DEPTH) {
    throw new OpError(
      'Error',
      'Subrequest depth limit exceeded. This request recursed through Workers too many times. This can happen e.g. if you have a Worker or Durable Object that calls other Workers or objects recursively.',
    );
  }
  event.countCall();
  return { app: context.app, group: context.group, requestId: event.requestId, depth: event.depth, family: event.family };
}

/** The event in whose turn a call is made, counted as one of its subrequests. @throws OpError */
export function callingEvent(context: OpContext, id: unknown): EventState {
  const event = context.event(id);
  if (event === undefined) throw new OpError('Error', 'A service needs an event to be called in, and this one is over.');
  event.countSubrequest();
  return event;
}

const MOST_URL_CHARACTERS = 64 * 1024;
/** Longer than any head a client may send. */
const MOST_HEAD_CHARACTERS = 1024 * 1024;

/** Method, URL and headers as `Entry.fetch` takes them. @throws OpError */
export function headOf(method: unknown, url: unknown, headers: unknown): string {
  if (typeof method !== 'string' || typeof url !== 'string' || typeof headers !== 'string') throw new OpError('TypeError', 'Invalid request.');
  if (!isToken(method) || method.length > 64 || url.length > MOST_URL_CHARACTERS || url.includes('\n')) throw new OpError('TypeError', 'Invalid request.');
  const head = `${method}\n${url}\n${headers}`;
  if (head.length > MOST_HEAD_CHARACTERS) throw new OpError('TypeError', 'The head of the request is too long.');
  return head;
}
