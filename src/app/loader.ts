/**
 * Brings a bundle into a realm: data in, built-ins evaluated, sealed, then the app's own modules.
 * @throws StartupError for whatever the app's code did wrong while it was loaded
 */
import { CUT_SHORT, noteStarved, startLimit, watchStart } from '../isolate/overrun.ts';
import { describeFailure, type Realm, transfer } from '../isolate/realm.ts';
import type { Blob } from '../isolate/code-cache.ts';
import { Modules } from '../isolate/modules.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { BINDING_CHUNKS, HOST_ONLY } from '../protocol/bindings.ts';
import { CHUNK_NAMES, type ChunkName } from '../protocol/chunks.ts';
import { compatDifferences } from '../protocol/compat.ts';
import { Entry, Load, type LoadConfig, type Loaded } from '../protocol/ops.ts';
import { compileCommonJs } from './commonjs.ts';
import { globalsTable, isThere, withNeeds } from './chunk-scan.ts';
import type { AppScript, BundleModules } from './module-source.ts';
import { ADDED_LINES } from './script-form.ts';

/** What ended a start: a limit of the app's, or that the machine had no CPU for it, which is nobody's fault. */
type StartEnd = 'startup' | 'memory' | 'starved';

/** An app's modules could not be loaded or evaluated. */
export class StartupError extends Error {
  readonly thrown: { name: string; message: string; stack: string };
  readonly endedBy: StartEnd | undefined;

  constructor(thrown: { name: string; message: string; stack: string }, endedBy?: StartEnd) {
    super(thrown.message);
    this.name = 'StartupError';
    this.thrown = thrown;
    this.endedBy = endedBy;
  }
}

/** `env` as a payload of isolates, the numbers beside it, and the number of the service that fetches go to. */
export type Given = { payload: string | Uint8Array | undefined; pairs: readonly number[]; outbound: number | undefined };

/** How an app is loaded. */
export type LoadOptions = {
  /** The app as one script, where it has that form; else it is run as modules. */
  script?: AppScript | undefined;
  /** V8's code cache of that script. */
  cached?: Blob | undefined;
  /** A person's session. */
  shell?: boolean;
  /** What a worker that another has loaded is given. */
  given?: Given | undefined;
  /** Characters a turn may log; absent: any number. */
  mostLogged?: number | undefined;
  /** Do tail workers hear of it? */
  isTailed?: boolean | undefined;
};

const TOO_BUSY_TO_START = 'The machine was too busy to start the worker.';

/** Chunks that no person's session has: they change what is there. */
const NOT_IN_SHELL: readonly ChunkName[] = ['shared-memory', 'tailed'];

/** Loads an app; the realm is fresh. Returns what it handles, and its modules for later imports. */
export async function loadApp(
  realm: Realm,
  record: AppRecord,
  bundle: Bundle,
  source: BundleModules,
  options: LoadOptions = {},
): Promise<{ loaded: Loaded; modules: Modules }> {
  const { script, cached, shell = false, given, mostLogged, isTailed } = options;
  const modules = new Modules(realm, source);
  const limit = record.limits.startupMs;
  const timeout = startLimit(limit);
  const cpuBefore = realm.cpuTime;
  const watch = watchStart(timeout);
  const step = (...args: unknown[]): Promise<unknown> => realm.enter([Entry.load, 0, ...args], timeout);
  try {
    const chunks = chunksOf(record, source, isTailed);
    const config: LoadConfig = { format: bundle.format, timers: record.timers, hasCalendar: chunks.includes('calendar'), shell };
    if (mostLogged !== undefined) config.mostLogged = mostLogged;
    const compat = compatDifferences(record.compatibilityDate, record.compatibilityFlags);
    if (record.bindings.length > 0)
      config.bindings = record.bindings.map(({ name, type, options }, index) => ({ name, type, index, options: HOST_ONLY.has(type) ? {} : options }));
    if (source.isDynamic) config.globals = globalsTable(compat);
    // Compiling runs no code: it can go ahead beside the steps. A failure of it is heard of when it is awaited.
    const compiled = script === undefined ? undefined : realm.compile(script.code, originOf(script), cached);
    compiled?.catch(() => {});
    const wrappers = source.commonjs.map((module) => compileCommonJs(realm, module));
    for (const wrapper of wrappers) wrapper.catch(() => {});
    // A person looks around in the global scope: everything is to be there.
    const steps: Promise<unknown>[] = compat.length === 0 ? [] : [step(Load.compat, compat.join('\n'))];
    const wanted = shell ? CHUNK_NAMES.filter((name) => !NOT_IN_SHELL.includes(name)) : chunks;
    steps.push(
      realm.loadChunks(
        wanted.filter((name) => isThere(name, compat)),
        timeout,
      ),
    );
    steps.push(step(Load.configure, JSON.stringify(config), JSON.stringify(record.vars)));
    if (given !== undefined) {
      const { payload, pairs, outbound } = given;
      const env = typeof payload === 'object' ? transfer(Uint8Array.from(payload).buffer) : payload;
      steps.push(step(Load.given, env, JSON.stringify({ pairs, outbound })));
    }
    for (const module of source.data) {
      const copy = Uint8Array.from(module.content as Uint8Array).buffer;
      steps.push(step(module.type === 'wasm' ? Load.wasm : Load.data, module.name, transfer(copy)));
    }
    for (const module of script?.texts ?? []) steps.push(step(module.type === 'json' ? Load.json : Load.text, module.name, module.content));
    let answer: unknown;
    if (compiled !== undefined) {
      steps.push(step(Load.seal));
      await Promise.all(steps);
      answer = await step(Load.run, await (await compiled)(timeout));
    } else {
      await Promise.all(steps);
      for (const name of source.early) await modules.evaluate(name, timeout);
      await step(Load.seal);
      for (const { name, wrapper } of await Promise.all(wrappers))
        await step(Load.commonjs, name, typeof wrapper === 'string' ? wrapper : await wrapper(timeout));
      const main = await modules.evaluate(bundle.main, timeout);
      answer = bundle.format === 'service-worker' ? await step(Load.script) : await modules.adopt(main, Load.main, undefined, timeout);
    }
    return { loaded: JSON.parse(answer as string) as Loaded, modules };
  } catch (error) {
    // While other steps are under way the isolate's clock goes by the wall's.
    const used = (): number => Math.min(Number(realm.cpuTime - cpuBefore) / 1e6, watch.used() ?? Number.POSITIVE_INFINITY);
    throw startupError(error, realm, limit, used);
  } finally {
    watch.stop();
  }
}

/** Chunks that the app's sources, bindings and tail workers call for, in the order they are to be loaded in. */
export function chunksOf(record: AppRecord, source: BundleModules, isTailed = false): readonly ChunkName[] {
  const bindings = record.bindings.map(({ type }) => BINDING_CHUNKS[type]);
  const isCoarse = record.timers === 'coarse';
  const chunks = isCoarse ? source.chunks : source.chunks.filter((name) => name !== 'calendar');
  const more: ChunkName[] = isCoarse && source.isDynamic ? [...bindings, 'calendar'] : bindings;
  if (record.sharedMemory) more.push('shared-memory');
  if (isTailed) more.push('tailed');
  return more.length === 0 ? chunks : withNeeds([...chunks, ...more]);
}

/** How stacks name an app's script. */
export function originOf(script: AppScript): { filename: string; lineOffset: number } {
  return { filename: script.filename, lineOffset: -ADDED_LINES };
}

const startupError = (error: unknown, { isolate }: Realm, limit: number, used: () => number): StartupError => {
  const failure = describeFailure(error, isolate.isDisposed);
  if (failure.kind === 'timeout') {
    // V8's timer goes by the wall's clock as well.
    const isStarved = used() < limit * CUT_SHORT;
    if (isStarved) noteStarved();
    const message = isStarved ? TOO_BUSY_TO_START : `Script startup exceeded CPU time limit of ${limit} ms.`;
    return new StartupError({ name: 'Error', message, stack: message }, isStarved ? 'starved' : 'startup');
  }
  if (failure.kind === 'gone') {
    const message = failure.memory ? 'Script startup exceeded memory limits.' : 'The isolate was disposed while the script started.';
    return new StartupError({ name: 'Error', message, stack: message }, failure.memory ? 'memory' : undefined);
  }
  return new StartupError(failure);
};
