/** Builds apps with config/ and build/: reads the configuration each time, and keeps esbuild's state while it stays the same. */
import type { BuildWorkerOptions, Builder } from '../build/builder.ts';
import { AssetScanner, type AssetTree } from '../build/assets/scan.ts';
import { writeAssets } from '../build/assets/write.ts';
import { createBuilder } from '../build/builder.ts';
import type { BuildMemos } from '../build/memo.ts';
import { readBundle, writeBundle } from '../build/store.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { configError } from '../config/problem.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { WorkerConfig, WorkerOptions } from '../config/worker-config.ts';
import type { AppBuilder, BuiltApp } from './app-builder.ts';

export type WorkerBuilderOptions = {
  worker: WorkerOptions;
  build: BuildWorkerOptions;
  /** Keep esbuild's state between builds: quick, but dear where there are hundreds of apps. */
  incremental: boolean;
  /** What earlier builds came to. */
  memos?: BuildMemos | undefined;
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
    const commanded = this.#options.build.runCommand === true ? (config.build?.watchDirs ?? []) : [];
    this.#folders = [...(config.assets === undefined ? [] : [config.assets.directory]), ...commanded];
    const code = (await this.#recalled(config)) ?? (await this.#bundled(config));
    // The build command may have made them.
    const assets = config.assets === undefined ? undefined : await this.#scanner.scan(config.assets.directory, config.assets.htmlHandling);
    return {
      config,
      digest: digestOf(code.digest, assets),
      warnings: [...config.warnings.map((problem) => problem.format()), ...code.warnings, ...(assets?.warnings ?? [])],
      write: async (dir) => {
        if (assets !== undefined) await writeAssets(assets, dir, { compress: this.#options.compressAssets ?? false });
        if (!(await isStored(dir, code.digest))) await writeBundle(await code.bundle(), dir, { config });
      },
    };
  }

  /** The code as an earlier build left it, where nothing has changed since. */
  async #recalled(config: WorkerConfig): Promise<Code | undefined> {
    const { memos } = this.#options;
    if (memos === undefined || !isMemorable(config)) return undefined;
    const remembered = await memos.recall(this.#path, this.#input(config));
    if (remembered === undefined) return undefined;
    this.#files = remembered.files;
    const { digest, warnings } = remembered;
    // The folder of bundles may have been cleared.
    return { digest, warnings, bundle: async () => (await this.#bundled(config)).bundle() };
  }

  async #bundled(config: WorkerConfig): Promise<Code> {
    const builder = await this.#builderOf(config);
    try {
      const bundle = await builder.build();
      // Who saves a file first empties it: what does nothing is no version that anybody meant.
      if (isEmpty(bundle)) throw configError({ file: config.main, message: 'The file is empty: this script does nothing.' });
      const code = { digest: bundle.digest, warnings: builder.warnings(), bundle: async () => bundle };
      if (isMemorable(config))
        await this.#options.memos?.remember(this.#path, this.#input(config), { ...code, files: builder.watchFiles() }, [config.main, ...config.sources]);
      return code;
    } finally {
      this.#files = builder.watchFiles();
      if (!this.#options.incremental) await this.dispose();
    }
  }

  #input(config: WorkerConfig): unknown {
    return [config, this.#options.build];
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

/** What an app's sources came to. */
type Code = { digest: string; warnings: readonly string[]; bundle(): Promise<Bundle> };

/** Does the build follow from the files it has read, and from nothing that is looked for or run? */
function isMemorable(config: WorkerConfig): boolean {
  return config.main !== '' && config.build === undefined && !config.noBundle && !config.findAdditionalModules;
}

function digestOf(bundle: string, assets: AssetTree | undefined): string {
  return assets === undefined ? bundle : `${bundle}-${assets.manifest.digest}`;
}

function isEmpty({ main, modules }: Bundle): boolean {
  const content = modules.find(({ name }) => name === main)?.content;
  return typeof content === 'string' && content.trim() === '';
}

/** After a restart most bundles are there already, and reading them is quicker than flushing them to the disk again. */
async function isStored(dir: string, digest: string): Promise<boolean> {
  try {
    return (await readBundle(dir)).bundle.digest === digest;
  } catch {
    return false;
  }
}
