/** Builds apps with config/ and build/: reads the configuration each time, and keeps esbuild's state while it stays the same. */
import type { BuildWorkerOptions, Builder } from '../build/builder.ts';
import { AssetScanner, type AssetTree } from '../build/assets/scan.ts';
import { writeAssets } from '../build/assets/write.ts';
import { createBuilder } from '../build/builder.ts';
import { readBundle, writeBundle } from '../build/store.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { WorkerConfig, WorkerOptions } from '../config/worker-config.ts';
import type { AppBuilder, BuiltApp } from './app-builder.ts';

export type WorkerBuilderOptions = {
  worker: WorkerOptions;
  build: BuildWorkerOptions;
  /** Keep esbuild's state between builds: quick, but dear where there are hundreds of apps. */
  incremental: boolean;
  /** Make compressed variants of static files. */
  compressAssets?: boolean;
};

export class WorkerBuilder implements AppBuilder {
  readonly #path: string;
  readonly #options: WorkerBuilderOptions;
  #builder: Builder | undefined;
  #key = '';
  #files: readonly string[] = [];
  #folders: readonly string[] = [];
  readonly #scanner = new AssetScanner();

  constructor(path: string, options: WorkerBuilderOptions) {
    this.#path = path;
    this.#options = options;
  }

  async build(): Promise<BuiltApp> {
    const config = readWorkerConfig(this.#path, this.#options.worker);
    const builder = await this.#builderOf(config);
    this.#folders = config.assets === undefined ? [] : [config.assets.directory];
    try {
      const bundle = await builder.build();
      // The build command may have made them.
      const assets = config.assets === undefined ? undefined : await this.#scanner.scan(config.assets.directory, config.assets.htmlHandling);
      const warnings = [...config.warnings.map((problem) => problem.format()), ...builder.warnings(), ...(assets?.warnings ?? [])];
      return {
        config,
        digest: digestOf(bundle.digest, assets),
        warnings,
        write: async (dir) => {
          if (assets !== undefined) await writeAssets(assets, dir, { compress: this.#options.compressAssets ?? false });
          if (!(await isStored(dir, bundle.digest))) await writeBundle(bundle, dir, { config });
        },
      };
    } finally {
      this.#files = builder.watchFiles();
      if (!this.#options.incremental) await this.dispose();
    }
  }

  watchFiles(): readonly string[] {
    return this.#files;
  }

  watchFolders(): readonly string[] {
    return this.#folders;
  }

  async dispose(): Promise<void> {
    const builder = this.#builder;
    this.#builder = undefined;
    await builder?.dispose();
  }

  async #builderOf(config: WorkerConfig): Promise<Builder> {
    const key = JSON.stringify(config);
    if (this.#builder !== undefined && key === this.#key) return this.#builder;
    await this.dispose();
    this.#key = key;
    this.#builder = createBuilder(config, this.#options.build);
    return this.#builder;
  }
}

function digestOf(bundle: string, assets: AssetTree | undefined): string {
  return assets === undefined ? bundle : `${bundle}-${assets.manifest.digest}`;
}

/** After a restart most bundles are there already, and reading them is quicker than flushing them to the disk again. */
async function isStored(dir: string, digest: string): Promise<boolean> {
  try {
    return (await readBundle(dir)).bundle.digest === digest;
  } catch {
    return false;
  }
}
