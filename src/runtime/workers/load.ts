/**
 * Loading an app into a fresh context, step by step, as the host directs it.
 *
 * Until `Load.seal` the runtime is reachable through one global, from which built-in modules
 * (`cloudflare:workers`, `nano:meta`, data modules) take what they export. No tenant code has run by
 * then; afterwards the global is gone.
 */
import { BINDING_CHUNKS, type BindingSlot } from '../../protocol/bindings.ts';
import { BOOT_GLOBAL, Load, type LoadConfig, type Loaded, Request } from '../../protocol/ops.ts';
import { boundLogs, enterEvent, request } from '../bridge.ts';
import { setCompatibility } from '../compat.ts';
import { chunk, definePlaceholders, install, loadChunk, peek, sealGlobals } from '../link.ts';
import {
  ErrorCtor,
  JSONParse,
  JSONStringify,
  MapCtor,
  MapPrototypeClear,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectAssign,
  ObjectCreate,
  ObjectDefineProperty,
  NumberPrototypeToString,
  ObjectKeys,
  StringCtor,
  StringPrototypeSplit,
} from '../primordials.ts';
import { makeClockCoarse } from '../web/coarse-clock.ts';
import { isServiceWorker, setServiceWorker } from './dispatch.ts';
import { RpcTarget, WorkerEntrypoint, waitUntil } from './entrypoint.ts';
import { trackContexts } from './execution-context.ts';
import { adoptExports, getEnv, setEnv } from './handlers.ts';

const data = new MapCtor<string, unknown>();
const imported = new MapCtor<number, unknown>();

/** What of a module comes from a chunk: loaded with the first name that is asked for. */
function defineLazily(exports: object, owner: 'rpc' | 'imported', names: string): void {
  const all = StringPrototypeSplit(names, ' ');
  for (let i = 0; i < all.length; i++) {
    const name = all[i] as string;
    ObjectDefineProperty(exports, name, { get: () => (chunk(owner) as Record<string, unknown>)[name], enumerable: true });
  }
}

/** What the built-in modules find behind the boot global. */
export const builtins = {
  /** `cloudflare:workers` */
  get workers(): Record<string, unknown> {
    trackContexts();
    const exports = { WorkerEntrypoint, RpcTarget, waitUntil };
    defineLazily(exports, 'rpc', 'RpcStub RpcPromise RpcProperty ServiceStub');
    defineLazily(exports, 'imported', 'DurableObject WorkflowEntrypoint env exports withEnv withExports withEnvAndExports cache tracing abortIsolate');
    return exports;
  },
  /** `cloudflare:sockets` */
  get sockets(): Record<string, unknown> {
    return { connect: chunk('sockets').connect };
  },
  /** `import.meta` and the dynamic import function of the module named `name`. */
  meta(name: string): { meta: object; load: (specifier: unknown) => Promise<unknown> } {
    const meta = ObjectAssign(ObjectCreate(null) as object, { url: `file:///${name}`, main: false });
    return { meta, load: (specifier) => importModule(specifier, name) };
  },
  /** The content of a data or WebAssembly module; handed out once. */
  take(name: string): unknown {
    const value = MapPrototypeGet(data, name);
    MapPrototypeDelete(data, name);
    return value;
  },
  /** `nano:commonjs` */
  get commonjs(): unknown {
    return chunk('commonjs').open;
  },
  /** Takes in a chunk while the snapshot is made. */
  install,
  /** A JSON module's value, parsed here so that `__proto__` stays a plain key. */
  json(text: string): unknown {
    return JSONParse(text);
  },
};

const importModule = async (specifier: unknown, referrer: string): Promise<unknown> => {
  const name = StringCtor(specifier);
  const namespaceKey = (await request(Request.importModule, name, referrer)) as number;
  const namespace = MapPrototypeGet(imported, namespaceKey);
  MapPrototypeDelete(imported, namespaceKey);
  return namespace;
};

/** One step of loading. @see Load */
export function load(step: number, first: unknown, second: unknown): string | undefined {
  enterEvent(0);
  switch (step) {
    case Load.configure:
      return configure(JSONParse(first as string) as LoadConfig, second as string);
    case Load.compat:
      setCompatibility(StringPrototypeSplit(first as string, '\n'));
      return;
    case Load.data:
      MapPrototypeSet(data, first as string, second);
      return;
    case Load.wasm:
      MapPrototypeSet(data, first as string, chunk('wasm').compile(second));
      return;
    case Load.seal:
      sealGlobals();
      delete (globalThis as Record<string, unknown>)[BOOT_GLOBAL];
      return;
    case Load.text:
      MapPrototypeSet(data, first as string, second);
      return;
    case Load.json:
      MapPrototypeSet(data, first as string, JSONParse(second as string));
      return;
    case Load.run:
      return run(first as Parameters<typeof run>[0]);
    case Load.main:
      return loadedText(adoptExports(first as Record<string, unknown>));
    case Load.script:
      return listeners();
    case Load.chunk:
      loadChunk(first as string, second as string);
      return;
    case Load.measure:
      return NumberPrototypeToString(peek('wasm')?.total() ?? 0);
    case Load.given:
      chunk('rpc').given(getEnv() as object, first, second as string);
      return;
    case Load.commonjs:
      chunk('commonjs').add(first as string, second as string);
      return;
    case Load.imported:
      MapPrototypeSet(imported, first as number, second);
      return;
    default:
      throw new ErrorCtor(`unknown step ${step}`);
  }
}

/** JSON text, part by part: no `toJSON` of the app's is asked of a string. */
const loadedText = ({ entrypoints }: Loaded): string => {
  const names = ObjectKeys(entrypoints);
  let text = '';
  for (let i = 0; i < names.length; i++) {
    const methods = entrypoints[names[i] as string] as string[];
    text += `${i === 0 ? '' : ','}${JSONStringify(names[i])}:[`;
    for (let j = 0; j < methods.length; j++) text += `${j === 0 ? '' : ','}${JSONStringify(methods[j])}`;
    text += ']';
  }
  return `{"entrypoints":{${text}}}`;
};

/** Runs an app that has the form of a script. */
const run = (app: (importNow: (name: string) => unknown) => Record<string, unknown>): string => {
  const exports = app(importNow);
  MapPrototypeClear(data);
  return isServiceWorker() ? listeners() : loadedText(adoptExports(exports));
};

/** Intl and Temporal tell the known time only. */
const replaceCalendar = (): void => {
  const calendar = chunk('calendar');
  calendar.replaceFormat(globalThis as unknown as Record<string, unknown>);
  calendar.replaceTemporal(globalThis as unknown as Record<string, unknown>);
};

/** What a script's import declarations have become: the exports of a built-in or data module. */
const importNow = (name: string): unknown => {
  if (name === 'cloudflare:workers') return builtins.workers;
  return name === 'cloudflare:sockets' ? builtins.sockets : { default: MapPrototypeGet(data, name) };
};

/** A service-worker script exports nothing: what it listens to is what it handles. */
const listeners = (): string => {
  const loaded: Loaded = { entrypoints: { default: chunk('service').registeredHandlers() } };
  return loadedText(loaded);
};

const configure = (config: LoadConfig, envText: string): undefined => {
  const env = JSONParse(envText) as Record<string, unknown>;
  if (config.bindings !== undefined) bindAll(env, config.bindings);
  setEnv(env);
  if (config.timers === 'coarse') makeClockCoarse();
  if (config.hasCalendar) replaceCalendar();
  setServiceWorker(config.format === 'service-worker');
  if (config.globals !== undefined) definePlaceholders(config.globals);
  if (config.mostLogged !== undefined) boundLogs(config.mostLogged);
  if (config.shell) (globalThis as Record<string, unknown>)['env'] = env;
  // Bindings of a service-worker script are globals.
  if (config.format === 'service-worker') {
    const names = ObjectKeys(env);
    for (let i = 0; i < names.length; i++) (globalThis as Record<string, unknown>)[names[i] as string] = env[names[i] as string];
  }
};

const bindAll = (env: Record<string, unknown>, slots: readonly BindingSlot[]): void => {
  for (let i = 0; i < slots.length; i++) {
    const { name, type, index, options } = slots[i] as BindingSlot;
    const { bind } = chunk(BINDING_CHUNKS[type]) as { bind: (index: number, name: string, options: BindingSlot['options']) => unknown };
    ObjectDefineProperty(env, name, { value: bind(index, name, options), writable: true, enumerable: true, configurable: true });
  }
};
