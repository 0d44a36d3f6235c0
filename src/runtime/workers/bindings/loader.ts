/**
 * WorkerLoader and WorkerStub: workers that a worker makes of code it has at run time.
 *
 * Contract: a stub is good for the event that it was made in; the code is asked for when no worker of that id is
 * loaded, once in an event, and what is wrong with it shows when the worker is called.
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/worker-loader/
 */
import { Request } from '../../../protocol/ops.ts';
import { LOADED_WORKER, type LoadHead, Outbound } from '../../../protocol/rpc.ts';
import { currentEvent, requestFor, requireEvent } from '../../bridge.ts';
import { jsonText } from '../../json-text.ts';
import {
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePush,
  ErrorCtor,
  FunctionPrototypeCall,
  JSONStringify,
  MapCtor,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  NumberIsFinite,
  ObjectKeys,
  PromisePrototypeThen,
  PromiseReject,
  ReflectApply,
  StringPrototypeEndsWith,
  StringPrototypeToWellFormed,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { asBytes } from '../../web/body.ts';
import { DOMString, argument, bufferSource, defineInterface, illegalConstructor, isArrayBuffer, isObject } from '../../webidl.ts';
import { entrypointState, makeEntrypoint, makeService, serviceState } from '../rpc/kinds.ts';
import { appendProps } from '../rpc/loopback.ts';
import { encode, type Message } from '../rpc/values.ts';

const internal = Symbol('internal');

/** A worker on its way, by the event that loads it. */
type Loading = { event: number; handle: Promise<number> };

/** Under way: `event index id` → handle. */
const underWay = new MapCtor<string, Promise<number>>();

export class WorkerLoader {
  readonly #index: number;

  constructor(key: symbol, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  /** The worker of that id, made of what the callback comes to where it is not loaded. Without an id it is always a new one. */
  get(id: unknown, getCode: unknown = undefined): WorkerStub {
    const name = id === null || id === undefined ? undefined : StringPrototypeToWellFormed(DOMString(id, argument('get', 'WorkerLoader', 1)));
    if (typeof getCode !== 'function') throw new TypeErrorCtor("Failed to execute 'get' on 'WorkerLoader': parameter 2 is not of type 'function'.");
    const ask = getCode as (...args: unknown[]) => unknown;
    requireEvent();
    return new WorkerStub(internal, { event: currentEvent(), handle: quiet(findOrLoad(this.#index, name, ask)) });
  }

  /** A worker of its own. @throws TypeError for what is no code */
  load(code: unknown): WorkerStub {
    if (!isObject(code)) throw new TypeErrorCtor("Failed to execute 'load' on 'WorkerLoader': parameter 1 is not of type 'WorkerCode'.");
    requireEvent();
    const event = currentEvent();
    return new WorkerStub(internal, { event, handle: quiet(send(event, this.#index, undefined, readCode(code))) });
  }
}
defineInterface(WorkerLoader, 'WorkerLoader');

export class WorkerStub {
  readonly #loading: Loading;

  constructor(key: symbol, loading: Loading) {
    if (key !== internal) throw illegalConstructor();
    this.#loading = loading;
  }

  /** An export of the worker, by default its default one, as a service. */
  getEntrypoint(name: unknown = undefined, options: unknown = undefined): object {
    const entrypoint = name === null || name === undefined ? null : DOMString(name, argument('getEntrypoint', 'WorkerStub', 1));
    const { props, limits } = (isObject(options) ? options : {}) as { props?: unknown; limits?: unknown };
    const { cpuMs, subRequests } = readLimits(limits);
    const rest: unknown[] = [entrypoint, cpuMs, subRequests];
    if (props !== undefined) appendProps(rest, props);
    const loading = this.#loading;
    return makeEntrypoint(() => {
      if (loading.event !== currentEvent()) return PromiseReject(new ErrorCtor(OTHER_EVENT));
      return PromisePrototypeThen(loading.handle, (handle) => {
        const text: unknown[] = [LOADED_WORKER, handle];
        for (let i = 0; i < rest.length; i++) ArrayPrototypePush(text, rest[i]);
        return makeService(jsonText(text));
      });
    });
  }

  /** @throws Error always */
  getDurableObjectClass(_name: unknown = undefined, _options: unknown = undefined): never {
    throw new ErrorCtor('Durable Object classes of dynamic workers are not supported here.');
  }
}
defineInterface(WorkerStub, 'WorkerStub');

/** The object in env. */
export function bindLoader(index: number): WorkerLoader {
  return new WorkerLoader(internal, index);
}

/** Cloudflare's text. */
const OTHER_EVENT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler.";

/** What went wrong shows when the worker is called. */
const quiet = (handle: Promise<number>): Promise<number> => {
  PromisePrototypeThen(handle, undefined as never, () => undefined);
  return handle;
};

function findOrLoad(index: number, name: string | undefined, ask: (...args: unknown[]) => unknown): Promise<number> {
  const event = currentEvent();
  if (name === undefined) return askAndSend(event, index, undefined, ask);
  const key = `${event} ${index} ${name}`;
  const known = MapPrototypeGet(underWay, key);
  if (known !== undefined) return known;
  const found = requestFor(event, Request.loader, index, name) as Promise<number>;
  const handle = PromisePrototypeThen(found, (number) => (number === 0 ? askAndSend(event, index, name, ask) : number)) as Promise<number>;
  MapPrototypeSet(underWay, key, handle);
  const forget = (): void => void MapPrototypeDelete(underWay, key);
  PromisePrototypeThen(handle, forget, forget);
  return handle;
}

async function askAndSend(event: number, index: number, name: string | undefined, ask: (...args: unknown[]) => unknown): Promise<number> {
  // Not before whoever asks has gone on.
  await undefined;
  const code = await (FunctionPrototypeCall(ask as never, undefined) as unknown);
  return send(event, index, name, readCode(code));
}

/** Code that is ready to be sent. */
type Code = { head: LoadHead; env: Message | undefined; contents: (string | Uint8Array)[] };

function send(event: number, index: number, name: string | undefined, { head, env, contents }: Code): Promise<number> {
  const args: unknown[] = [event, Request.loader, index, name, jsonText(head), env?.payload];
  const pairs = env?.pairs ?? [];
  for (let i = 0; i < pairs.length; i++) ArrayPrototypePush(args, pairs[i]);
  for (let i = 0; i < contents.length; i++) ArrayPrototypePush(args, contents[i]);
  const sent = ReflectApply(requestFor, undefined, args) as Promise<number>;
  return PromisePrototypeThen(
    sent,
    (handle) => handle,
    (error: unknown) => {
      env?.undo();
      throw error;
    },
  ) as Promise<number>;
}

/** workerd's text. */
const wrongField = (field: string, type: string): TypeError =>
  new TypeErrorCtor(`Incorrect type for the '${field}' field on 'WorkerCode': the provided value is not of type '${type}'.`);

function readCode(given: unknown): Code {
  // workerd's text.
  if (!isObject(given)) throw new TypeErrorCtor("Callback returned incorrect type; expected 'Promise'");
  const code = given as Readonly<Record<string, unknown>>;
  const compatibilityDate = DOMString(code['compatibilityDate'], 'compatibilityDate');
  // The host reads it; what cannot be one is told at once, as workerd does.
  if (compatibilityDate.length !== 10) throw new ErrorCtor(`Invalid compatibility date: ${compatibilityDate}`);
  const compatibilityFlags = strings(code['compatibilityFlags']);
  if (code['allowExperimental'] === true) {
    throw new ErrorCtor("'allowExperimental' is only allowed when the calling worker has the 'experimental' compat flag set.");
  }
  const { cpuMs, subRequests } = readLimits(code['limits']);
  const mainModule = DOMString(code['mainModule'], 'mainModule');
  const { modules, contents } = readModules(code['modules'], mainModule);
  if (code['streamingTails'] !== undefined) throw new ErrorCtor('Streaming tail workers of dynamic workers are not supported here.');
  const tails = readTails(code['tails']);
  const outbound = readOutbound(code['globalOutbound']);
  const { env: values } = code;
  if (values !== undefined && !isObject(values)) throw wrongField('env', 'object');
  const env = values === undefined ? undefined : encode(values);
  const head: LoadHead = {
    compatibilityDate,
    compatibilityFlags,
    mainModule,
    modules,
    outbound: outbound.kind,
    tails,
    cpuMs,
    subrequests: subRequests,
    pairs: env?.pairs.length ?? 0,
  };
  if (outbound.service !== undefined) head.service = outbound.service;
  return { head, env, contents };
}

const strings = (value: unknown): string[] => {
  const all: string[] = [];
  if (value === undefined) return all;
  if (!ArrayIsArray(value)) throw wrongField('compatibilityFlags', 'Array');
  for (let i = 0; i < value.length; i++) ArrayPrototypePush(all, DOMString(value[i], 'compatibilityFlags'));
  return all;
};

function readLimits(given: unknown): { cpuMs: number | null; subRequests: number | null } {
  const { cpuMs, subRequests } = (isObject(given) ? given : {}) as { cpuMs?: unknown; subRequests?: unknown };
  return { cpuMs: count(cpuMs), subRequests: count(subRequests) };
}

const count = (value: unknown): number | null => (typeof value === 'number' && NumberIsFinite(value) && value >= 0 ? value : null);

function readTails(value: unknown): (number | string)[] {
  const tails: (number | string)[] = [];
  if (value === undefined) return tails;
  if (!ArrayIsArray(value)) throw wrongField('tails', 'Array');
  for (let i = 0; i < value.length; i++) {
    const service = serviceState(value[i]);
    if (service === undefined && entrypointState(value[i]) !== undefined) encode(value[i]);
    if (service === undefined) throw wrongField('tails', 'Array');
    ArrayPrototypePush(tails, service.service);
  }
  return tails;
}

function readOutbound(value: unknown): { kind: number; service?: number | string } {
  if (value === undefined) return { kind: Outbound.inherited };
  if (value === null) return { kind: Outbound.none };
  const service = serviceState(value);
  if (service !== undefined) return { kind: Outbound.service, service: service.service };
  if (entrypointState(value) !== undefined) encode(value);
  throw wrongField('globalOutbound', 'Fetcher');
}

const NAMES = ['js', 'cjs', 'text', 'data', 'json', 'py', 'wasm'];
const TYPES: Readonly<Record<string, string>> = { js: 'esm', cjs: 'commonjs', text: 'text', data: 'data', json: 'json', wasm: 'wasm' };

function readModules(given: unknown, mainModule: string): { modules: [string, string][]; contents: (string | Uint8Array)[] } {
  if (!isObject(given)) throw wrongField('modules', 'object');
  const names = ObjectKeys(given);
  if (names.length === 0) throw new TypeErrorCtor('Dynamic Worker code must contain at least one module.');
  const modules: [string, string][] = [];
  const contents: (string | Uint8Array)[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = (given as Record<string, unknown>)[name];
    const { type, content } = isObject(value) ? typedModule(name, value as Record<string, unknown>) : namedModule(name, value);
    if (type === 'py' && !StringPrototypeEndsWith(mainModule, '.py')) {
      throw new TypeErrorCtor(`Module "${name}" is a Python module, but the main module isn't a Python module.`);
    }
    if (type === 'py') throw new TypeErrorCtor('Python workers are not supported here.');
    if ((type === 'js' || type === 'cjs') && StringPrototypeEndsWith(mainModule, '.py')) {
      throw new TypeErrorCtor(`Module "${name}" is a JS module, but the main module is a Python module.`);
    }
    ArrayPrototypePush(modules, [name, TYPES[type] as string] as [string, string]);
    ArrayPrototypePush(contents, content);
  }
  return { modules, contents };
}

type Module = { type: string; content: string | Uint8Array };

/** A module that is given as text: its name says what it is. */
function namedModule(name: string, value: unknown): Module {
  const content = DOMString(value, name);
  if (StringPrototypeEndsWith(name, '.js')) return { type: 'js', content };
  if (StringPrototypeEndsWith(name, '.py')) return { type: 'py', content };
  const isTyped = StringPrototypeEndsWith(name, '.ts') || StringPrototypeEndsWith(name, '.tsx') || StringPrototypeEndsWith(name, '.jsx');
  const more = isTyped
    ? ". If you're trying to load TypeScript, bundle it first with '@cloudflare/worker-bundler' and pass the generated JavaScript modules."
    : '';
  throw new TypeErrorCtor(`Module name must end with '.js' or '.py' (or the content must be an object indicating the type explicitly). Got: ${name}${more}`);
}

function typedModule(name: string, value: Record<string, unknown>): Module {
  let type = '';
  let found: unknown;
  let fields = 0;
  for (let i = 0; i < NAMES.length; i++) {
    const given = value[NAMES[i] as string];
    if (given === undefined) continue;
    type = NAMES[i] as string;
    found = given;
    fields++;
  }
  if (fields !== 1) {
    throw new TypeErrorCtor(
      `Each module must contain exactly one of 'js', 'cjs', 'text', 'data', 'json', 'py', or 'wasm'. Module '${name}' contained ${fields} properties.`,
    );
  }
  if (type === 'json') return { type, content: JSONStringify(found) ?? 'null' };
  if (type !== 'data' && type !== 'wasm') return { type, content: DOMString(found, name) };
  // A copy: what the app does to its buffer afterwards does not count.
  const source = isArrayBuffer(found) || ArrayBufferIsView(found) ? found : bufferSource(found, name);
  return { type, content: new Uint8ArrayCtor(asBytes(source as ArrayBuffer)) };
}
