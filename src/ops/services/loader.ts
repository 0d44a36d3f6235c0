/**
 * `Request.loader`: from what a worker says that another shall be made of, to that worker.
 *
 * Contract: nothing in the arguments is trusted; what an event has loaded it may call until it is over, and nobody else.
 */
import { OpError } from '../../base/op-error.ts';
import { LoaderBinding } from '../../bindings/loader/index.ts';
import type { ServiceTarget } from '../../ports/invoker.ts';
import type { LoadedWorker, WorkerSource } from '../../ports/worker-loader.ts';
import { isModuleName, type ModuleType } from '../../protocol/bundle.ts';
import { FLAG_OF } from '../../protocol/compat.ts';
import { type LoadHead, MOST_PASSED, Outbound, Passed } from '../../protocol/rpc.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { EventState, OpContext, Place, RequestOp } from '../op.ts';
import { callingEvent, LeasedWorker, serviceAt, transferable } from '../service-target.ts';
import { readPayload } from './passed.ts';

/** workerd's. */
const MOST_ENV_BYTES = 1024 * 1024;
const MOST_CODE_BYTES = LIMITS.bundleBytes.default;
const MOST_MODULES = 1000;
const MOST_HEAD_CHARACTERS = 1024 * 1024;
const MOST_ID_CHARACTERS = 1024;
const MOST_TAILS = 100;
/** Workers that one event may have in hand. */
const MOST_HANDLES = 100;

const TYPES: readonly string[] = ['esm', 'commonjs', 'text', 'json', 'data', 'wasm'] satisfies ModuleType[];

const handles = new WeakMap<EventState, Map<LoadedWorker, number>>();

/** `Request.loader` */
export const loader: RequestOp = (context, eventId, call, ...args) => (args.length === 2 ? find : load)(context, eventId, call, ...args);

const find: RequestOp = (context, eventId, _call, binding, id) => {
  const event = context.event(eventId);
  if (event === undefined) throw new OpError('Error', 'A worker loader needs an event, and this one is over.');
  const worker = context.loader.find(keyOf(context, binding, id));
  if (worker === undefined) return 0;
  return handOver(context, event, worker, worker.lease());
};

const load: RequestOp = async (context, eventId, _call, binding, id, headText, env, ...rest) => {
  const event = callingEvent(context, eventId);
  if ((handles.get(event)?.size ?? 0) >= MOST_HANDLES) throw new OpError('Error', 'Too many dynamic workers are in use by one request.');
  const key = id === undefined ? unnamed(context, binding) : keyOf(context, binding, id);
  const source = sourceOf({ context, event }, headText, env, rest);
  const { worker, release } = await context.loader.load(key, source);
  return handOver(context, event, worker, release);
};

/** The event's handle of the worker: it has one lease. */
function handOver(context: OpContext, event: EventState, worker: LoadedWorker, release: () => void): number {
  let mine = handles.get(event);
  if (mine === undefined) handles.set(event, (mine = new Map()));
  const known = mine.get(worker);
  if (known !== undefined) {
    release();
    return known;
  }
  const handle = context.handles.add(new LeasedWorker(worker));
  mine.set(worker, handle);
  event.atEnd(() => {
    context.handles.remove(handle);
    release();
  });
  return handle;
}

const unnamed = (context: OpContext, binding: unknown): undefined => {
  if (!(context.binding(binding) instanceof LoaderBinding)) throw new OpError('TypeError', 'Invalid worker loader.');
};

/** Two loaders have different workers under the same id. */
function keyOf(context: OpContext, binding: unknown, id: unknown): string {
  unnamed(context, binding);
  if (typeof id !== 'string') throw new OpError('TypeError', 'Invalid worker id.');
  if (id.length > MOST_ID_CHARACTERS) throw new OpError('RangeError', `The id of a dynamic worker may have ${MOST_ID_CHARACTERS} characters.`);
  return `${String(binding)}:${id}`;
}

function sourceOf(place: Place, headText: unknown, env: unknown, rest: readonly unknown[]): WorkerSource {
  const head = readHead(headText);
  const pairs = rest.slice(0, head.pairs);
  const modules = readModules(head, rest.slice(head.pairs));
  const payload = readPayload(env);
  const size = payload === undefined ? 0 : typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
  if (size > MOST_ENV_BYTES) {
    throw new OpError('Error', `Dynamic Worker env size (${size} bytes) exceeds the maximum allowed size of ${MOST_ENV_BYTES} bytes.`);
  }
  return {
    compatibilityDate: head.compatibilityDate,
    compatibilityFlags: head.compatibilityFlags,
    main: head.mainModule,
    modules,
    env: { payload, services: servicesOf(place, pairs) },
    outbound: head.outbound === Outbound.none ? 'none' : head.outbound === Outbound.service ? transferable(serviceAt(place, head.service)) : 'inherited',
    tails: head.tails.map((tail) => transferable(serviceAt(place, tail))),
    limits: { cpuMs: atMost(head.cpuMs), subrequests: atMost(head.subrequests) },
  };
}

const atMost = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : Number.POSITIVE_INFINITY);

const invalid = (): OpError => new OpError('TypeError', 'Invalid worker code.');

function readHead(text: unknown): LoadHead {
  if (typeof text !== 'string' || text.length > MOST_HEAD_CHARACTERS)
    throw new OpError('TypeError', 'The names of the modules of a dynamic worker are too long.');
  let head: LoadHead;
  try {
    head = JSON.parse(text) as LoadHead;
  } catch {
    throw invalid();
  }
  const { compatibilityDate, compatibilityFlags, mainModule, modules, pairs, tails } = head ?? {};
  if (typeof compatibilityDate !== 'string' || typeof mainModule !== 'string' || !Array.isArray(modules) || !Array.isArray(compatibilityFlags)) throw invalid();
  if (!Number.isSafeInteger(pairs) || pairs < 0 || pairs % 2 !== 0 || pairs > 2 * MOST_PASSED) throw invalid();
  if (!Array.isArray(tails) || tails.length > MOST_TAILS) throw invalid();
  checkCompatibility(compatibilityDate, compatibilityFlags);
  return head;
}

function checkCompatibility(date: string, flags: readonly unknown[]): void {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(date) && !Number.isNaN(Date.parse(date));
  if (!isDate) throw new OpError('Error', `Invalid compatibility date: ${date.slice(0, 100)}`);
  for (const flag of flags) {
    if (typeof flag !== 'string' || !FLAG_OF.has(flag)) throw new OpError('Error', `No such compatibility flag: ${String(flag).slice(0, 100)}`);
  }
}

function readModules({ modules, mainModule }: LoadHead, contents: readonly unknown[]): WorkerSource['modules'] {
  if (modules.length !== contents.length) throw invalid();
  if (modules.length === 0) throw new OpError('TypeError', 'Dynamic Worker code must contain at least one module.');
  if (modules.length > MOST_MODULES) throw new OpError('Error', `A dynamic worker may have ${MOST_MODULES} modules.`);
  const names = new Set<string>();
  let bytes = 0;
  const all = modules.map((entry, index) => {
    const [name, type] = Array.isArray(entry) ? entry : [];
    if (typeof name !== 'string' || typeof type !== 'string' || !TYPES.includes(type) || names.has(name)) throw invalid();
    if (!isModuleName(name)) throw new OpError('TypeError', `${JSON.stringify(name.slice(0, 100))} cannot be the name of a module.`);
    names.add(name);
    const given = contents[index];
    const content = given instanceof ArrayBuffer ? new Uint8Array(given) : given;
    const isBytes = type === 'data' || type === 'wasm';
    if (isBytes ? !(content instanceof Uint8Array) : typeof content !== 'string') throw invalid();
    bytes += typeof content === 'string' ? Buffer.byteLength(content) : (content as Uint8Array).byteLength;
    return { name, type: type as ModuleType, content: content as string | Uint8Array };
  });
  if (bytes > MOST_CODE_BYTES) {
    throw new OpError('Error', `Dynamic Worker code size (${bytes} bytes) exceeds the maximum allowed size of ${MOST_CODE_BYTES} bytes.`);
  }
  const main = all.find(({ name }) => name === mainModule);
  if (main === undefined) throw new OpError('Error', `Failed to start Worker:\nUncaught Error: No such module: ${mainModule.slice(0, 512)}`);
  if (main.type !== 'esm') throw new OpError('TypeError', 'The main module of a dynamic worker must be an ES module.');
  return all;
}

/** Of what may stand in env only services are no data. */
function servicesOf(place: Place, pairs: readonly unknown[]): ServiceTarget[] {
  const services: ServiceTarget[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== Passed.service) {
      throw new OpError('DataCloneError', 'The env of a dynamic worker may hold data and services; functions, RpcTargets, stubs and streams cannot be in it.');
    }
    services.push(transferable(serviceAt(place, pairs[i + 1])));
  }
  return services;
}
