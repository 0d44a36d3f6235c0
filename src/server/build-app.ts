/** One app built into a folder, once. */
import { AssetScanner } from '../build/assets/scan.ts';
import { writeAssets } from '../build/assets/write.ts';
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
    const assets = config.assets === undefined ? undefined : await new AssetScanner().scan(config.assets.directory, config.assets.htmlHandling);
    if (assets !== undefined) await writeAssets(assets, outdir, { compress: true });
    await writeBundle(bundle, outdir, { config });
    return {
      name: config.name,
      modules: bundle.modules.length,
      bytes: bundle.bytes,
      warnings: [...config.warnings.map((problem) => problem.format()), ...builder.warnings(), ...(assets?.warnings ?? [])],
    };
  } finally {
    await builder.dispose();
  }
}
