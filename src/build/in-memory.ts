/**
 * A bundle of modules that are in memory: for workers that a worker loads.
 *
 * Contract: nobody is there to read code frames, and the engine's own thread does this for a tenant: the work is in
 * proportion to the size, and nothing outside is asked.
 */
import { OpError } from '../base/op-error.ts';
import type { WorkerSource } from '../ports/worker-loader.ts';
import type { Bundle, BundleModule } from '../protocol/bundle.ts';
import { bundleDigest, byteLength } from './assemble.ts';
import { MetaError, rewriteMeta } from './meta.ts';

/** @throws OpError for a module that cannot be read */
export async function bundleInMemory({ main, modules }: Pick<WorkerSource, 'main' | 'modules'>): Promise<Bundle> {
  const finished: BundleModule[] = [];
  for (const { name, type, content } of modules) finished.push(await finish(name, type, content));
  finished.sort((a, b) => (a.name < b.name ? -1 : 1));
  const bytes = finished.reduce((sum, module) => sum + byteLength(module.content), 0);
  const parts = { format: 'modules' as const, main, modules: finished };
  return { ...parts, digest: bundleDigest(parts), bytes };
}

async function finish(name: string, type: BundleModule['type'], content: string | Uint8Array): Promise<BundleModule> {
  if (type !== 'esm' || typeof content !== 'string') return { name, type, content, usesMeta: false };
  try {
    const { code, usesMeta } = await rewriteMeta(content);
    return { name, type, content: code, usesMeta };
  } catch (error) {
    if (!(error instanceof MetaError)) throw error;
    const before = content.slice(0, error.offset).split('\n');
    const place = error.offset === 0 ? name : `${name}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
    throw new OpError('Error', `Failed to start Worker:\nUncaught SyntaxError: ${error.message}\n  at ${place}`);
  }
}
