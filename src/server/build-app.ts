/** One app built into a folder, once. */
import { createBuilder } from '../build/builder.ts';
import { writeBundle } from '../build/store.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { WorkerOptions } from '../config/worker-config.ts';

export type BuildReport = { name: string; modules: number; bytes: number; warnings: readonly string[] };

/** @throws ConfigError or BuildError, for the author to read */
export async function buildApp(path: string, outdir: string, worker: WorkerOptions, minify: boolean): Promise<BuildReport> {
  const app = readWorkerConfig(path, worker);
  const config = minify ? { ...app, minify } : app;
  const builder = createBuilder(config, { runCommand: true });
  try {
    const bundle = await builder.build();
    await writeBundle(bundle, outdir, { config });
    return {
      name: config.name,
      modules: bundle.modules.length,
      bytes: bundle.bytes,
      warnings: [...config.warnings.map((problem) => problem.format()), ...builder.warnings()],
    };
  } finally {
    await builder.dispose();
  }
}
