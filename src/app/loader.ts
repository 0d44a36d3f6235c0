/**
 * Brings a bundle into a realm: data in, built-ins evaluated, sealed, then the app's own modules.
 * @throws StartupError for whatever the app's code did wrong while it was loaded
 */
import { describeFailure, type Realm, transfer } from '../isolate/realm.ts';
import { Modules } from '../isolate/modules.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { CHUNK_NAMES } from '../protocol/chunks.ts';
import { Entry, Load, type LoadConfig, type Loaded } from '../protocol/ops.ts';
import type { BundleModules } from './module-source.ts';

/** An app's modules could not be loaded or evaluated. */
export class StartupError extends Error {
  readonly thrown: { name: string; message: string; stack: string };
  readonly limit: 'startup' | 'memory' | undefined;

  constructor(thrown: { name: string; message: string; stack: string }, limit?: 'startup' | 'memory') {
    super(thrown.message);
    this.name = 'StartupError';
    this.thrown = thrown;
    this.limit = limit;
  }
}

/** Loads an app; the realm is fresh. Returns what it handles, and its modules for later imports. */
export async function loadApp(
  realm: Realm,
  record: AppRecord,
  bundle: Bundle,
  source: BundleModules,
  options: { shell?: boolean } = {},
): Promise<{ loaded: Loaded; modules: Modules }> {
  const modules = new Modules(realm, source);
  const timeout = record.limits.startupMs;
  const step = (...args: unknown[]): Promise<unknown> => realm.enter([Entry.load, 0, ...args], timeout);
  try {
    const config: LoadConfig = {
      format: bundle.format,
      compatibilityDate: record.compatibilityDate,
      compatibilityFlags: record.compatibilityFlags,
      ...options,
    };
    // A person looks around in the global scope: everything is to be there.
    const chunks = options.shell ? CHUNK_NAMES : source.chunks;
    const steps: Promise<unknown>[] = [realm.loadChunks(chunks, timeout), step(Load.configure, JSON.stringify(config), JSON.stringify(record.vars))];
    for (const module of source.data) {
      const copy = Uint8Array.from(module.content as Uint8Array).buffer;
      steps.push(step(module.type === 'wasm' ? Load.wasm : Load.data, module.name, transfer(copy)));
    }
    await Promise.all(steps);
    for (const name of source.early) await modules.evaluate(name, timeout);
    await step(Load.seal);
    const main = await modules.evaluate(bundle.main, timeout);
    const answer = bundle.format === 'service-worker' ? await step(Load.script) : await modules.adopt(main, Load.main, undefined, timeout);
    return { loaded: JSON.parse(answer as string) as Loaded, modules };
  } catch (error) {
    throw startupError(error, realm, timeout);
  }
}

const startupError = (error: unknown, realm: Realm, timeout: number): StartupError => {
  const failure = describeFailure(error, realm.isolate.isDisposed);
  if (failure.kind === 'timeout') {
    const message = `Script startup exceeded CPU time limit of ${timeout} ms.`;
    return new StartupError({ name: 'Error', message, stack: message }, 'startup');
  }
  if (failure.kind === 'gone') {
    const message = failure.memory ? 'Script startup exceeded memory limits.' : 'The isolate was disposed while the script started.';
    return new StartupError({ name: 'Error', message, stack: message }, failure.memory ? 'memory' : undefined);
  }
  return new StartupError(failure);
};
