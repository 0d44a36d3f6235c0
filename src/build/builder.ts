/**
 * Turns an app's sources into a bundle with esbuild: ES modules for the newest V8, wrangler's rules for what is
 * bundled and what stays a module of its own. A builder keeps its state, so that building again is quick.
 */
import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { type BuildContext, type BuildOptions, type BuildResult, context, formatMessages, type Message, type Metafile } from 'esbuild';
import { hasDescriptors } from '../base/descriptors.ts';
import type { WorkerConfig } from '../config/worker-config.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { LIMITS } from '../protocol/limits.ts';
import { withAdvice } from './advice.ts';
import { assembleBundle } from './assemble.ts';
import { checkSettings, regularFilesPlugin, tooLarge, wasStopped, withinBounds } from './bounded.ts';
import { cleanCode, cleanSourceMap } from './clean-paths.ts';
import { type Collector, createCollector } from './collector.ts';
import { CustomBuild } from './command.ts';
import { BuildError, sourceError } from './error.ts';
import { aliasPlugin, externalsPlugin, type NodeCompat, nodeCompat } from './externals.ts';
import { mainName, nameInside } from './module-files.ts';
import { readUnbundled } from './unbundled.ts';

export interface BuildWorkerOptions {
  /** Keep source maps beside the modules. Default: true. */
  readonly sourcemap?: boolean | undefined;
  /** What process.env.NODE_ENV is replaced by. Default: production. */
  readonly mode?: 'development' | 'production' | undefined;
  /** Run the project's custom build command first. It runs with the caller's rights: default false. */
  readonly runCommand?: boolean | undefined;
  /** Limit on the bundle's size. */
  readonly maxBytes?: number | undefined;
  /** What a build may take, in milliseconds. */
  readonly maxMs?: number | undefined;
  /** What esbuild's process may take, in bytes. */
  readonly maxMemory?: number | undefined;
}

export interface Builder {
  /** Builds the sources as they are now. Calls are made one after another. @throws BuildError */
  build(): Promise<Bundle>;
  /** Absolute paths of every file that went into the last build, good or bad, and of the configuration. */
  watchFiles(): string[];
  /** Warnings of the last good build, as text with code frames. */
  warnings(): readonly string[];
  dispose(): Promise<void>;
}

/** Builds once. @throws BuildError */
export async function buildWorker(config: WorkerConfig, options: BuildWorkerOptions = {}): Promise<Bundle> {
  const builder = createBuilder(config, options);
  try {
    return await builder.build();
  } finally {
    await builder.dispose();
  }
}

export function createBuilder(config: WorkerConfig, options: BuildWorkerOptions = {}): Builder {
  return new WorkerBuilder(config, options);
}

/** The code of an app that has none, only static assets. */
const NO_CODE = { name: 'index.js', type: 'esm', content: 'export default {};\n' } as const;

/** File descriptors that starting esbuild takes, and some more. */
const ESBUILD_DESCRIPTORS = 16;
/** How often a build is tried that other builds have taken esbuild's process from. */
const TRIES = 5;

type Result = BuildResult<{ metafile: true; write: false }>;

class WorkerBuilder implements Builder {
  readonly #config: WorkerConfig;
  readonly #options: BuildWorkerOptions;
  readonly #compat: NodeCompat;
  readonly #collector: Collector;
  readonly #command: CustomBuild | undefined;
  #context: BuildContext<{ metafile: true; write: false }> | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #inputs: readonly string[] = [];
  #failedIn: readonly string[] = [];
  #warnings: readonly string[] = [];
  #disposed = false;

  constructor(config: WorkerConfig, options: BuildWorkerOptions) {
    this.#config = config;
    this.#options = options;
    this.#compat = nodeCompat(config.compatibilityDate, config.compatibilityFlags);
    this.#collector = createCollector(config);
    this.#command = config.build === undefined ? undefined : new CustomBuild(config.build);
  }

  build(): Promise<Bundle> {
    const result = this.#queue.then(() => this.#build());
    this.#queue = result.catch(() => undefined);
    return result;
  }

  watchFiles(): string[] {
    const { main, sources } = this.#config;
    return [...new Set([...(main === '' ? [] : [main]), ...sources, ...this.#inputs, ...this.#failedIn])];
  }

  warnings(): readonly string[] {
    return this.#warnings;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#queue;
    await this.#context?.dispose();
    this.#context = undefined;
  }

  async #build(): Promise<Bundle> {
    if (this.#disposed) throw new TypeError('The builder has been disposed of.');
    const { noBundle } = this.#config;
    if (this.#options.runCommand === true) await this.#command?.run();
    this.#checkMain();
    const maxBytes = this.#options.maxBytes ?? LIMITS.bundleBytes.default;
    try {
      if (this.#config.main === '') return await assembleBundle({ main: NO_CODE.name, modules: [NO_CODE], format: 'modules', maxBytes });
      if (!noBundle) return await this.#bundle(maxBytes);
      const { main, modules } = await readUnbundled(this.#config);
      this.#inputs = modules.map((module) => module.path);
      return await assembleBundle({ main, modules, maxBytes });
    } catch (error) {
      throw fileSystemError(error);
    }
  }

  /** The configuration leaves it to this where a command may have to make the entry first. */
  #checkMain(): void {
    const { main, build, projectDir } = this.#config;
    if (build === undefined || main === '' || existsSync(main)) return;
    const shown = relative(projectDir, main);
    throw new BuildError(
      'source',
      this.#options.runCommand === true
        ? `The expected output file at "${shown}" was not found after running custom build: ${build.command}.\nThe \`main\` property of the configuration should point to the file generated by the custom build.`
        : `The entry-point file at "${shown}" was not found. It is made by \`build.command\`, which is not run here: build the project first.`,
    );
  }

  async #bundle(maxBytes: number): Promise<Bundle> {
    const result = await this.#rebuild().catch((error: unknown) => this.#fail(error));
    this.#inputs = [...this.#inputPaths(result.metafile), ...this.#collector.modules().map((module) => module.path)];
    this.#failedIn = [];
    this.#warnings = (await formatMessages(withAdvice(result.warnings, this.#compat), { kind: 'warning', color: false })).map((text) => text.trimEnd());

    const name = mainName(this.#config.baseDir, this.#config.main);
    const code = result.outputFiles.find((file) => file.path.endsWith('.js'));
    const map = result.outputFiles.find((file) => file.path.endsWith('.js.map'));
    if (code === undefined) throw new BuildError('source', 'The entry gave no JavaScript.');
    const entry = Object.values(result.metafile.outputs).find((output) => output.entryPoint !== undefined);
    const format = (entry?.exports.length ?? 0) > 0 ? 'modules' : undefined;
    const inputs = Object.keys(result.metafile.inputs);
    const modules = this.#collector.modules();
    const bundle = await assembleBundle({
      main: name,
      modules: [
        {
          name,
          type: 'esm',
          content: cleanCode(code.text, inputs, this.#config.projectDir),
          map: map && cleanSourceMap(map.text, new Set(inputs), this.#config.projectDir),
        },
        ...modules,
      ],
      format,
      maxBytes,
    });
    if (bundle.format === 'service-worker' && this.#config.findAdditionalModules) {
      throw new BuildError(
        'source',
        '`find_additional_modules` can only be used with an ES module entrypoint.\nRemove `find_additional_modules = true` from your configuration, or migrate to the ES module Worker format: https://developers.cloudflare.com/workers/learning/migrate-to-module-workers/',
      );
    }
    return bundle;
  }

  async #rebuild(): Promise<Result> {
    const { projectDir, main } = this.#config;
    await checkSettings(projectDir, main);
    for (let tries = 1; ; tries++) {
      try {
        return await withinBounds(this.#rebuildNow(), this.#options.maxMs, this.#options.maxMemory);
      } catch (error) {
        if (!isBuildFailure(error)) this.#context = undefined;
        if (!wasStopped(error)) throw error;
        if (tries === TRIES) throw tooLarge();
      }
    }
  }

  async #rebuildNow(): Promise<Result> {
    // esbuild does not survive that its process cannot be started.
    if (this.#context === undefined && !hasDescriptors(ESBUILD_DESCRIPTORS)) throw new BuildError('disk', 'too many open files: esbuild cannot be started');
    this.#context ??= await context(this.#esbuildOptions());
    return this.#context.rebuild();
  }

  #inputPaths(metafile: Metafile): string[] {
    return Object.keys(metafile.inputs)
      .filter((input) => !/^[a-z-]+:|^<|^\(disabled\)/.test(input))
      .map((input) => resolve(this.#config.projectDir, input));
  }

  async #fail(error: unknown): Promise<Result> {
    if (!isBuildFailure(error)) throw error;
    this.#failedIn = error.errors.flatMap((message) => (message.location ? [resolve(this.#config.projectDir, message.location.file)] : []));
    throw await sourceError(withAdvice(error.errors, this.#compat));
  }

  #esbuildOptions(): BuildOptions & { metafile: true; write: false } {
    const { projectDir, main, baseDir, define, alias, tsconfig, jsxFactory, jsxFragment, minify, keepNames } = this.#config;
    // A relative entry, so that no message names the folder.
    const entry = nameInside(projectDir, main);
    const environment = JSON.stringify(this.#options.mode ?? 'production');
    return {
      entryPoints: [entry === undefined ? main : `./${entry}`],
      absWorkingDir: projectDir,
      outfile: join(projectDir, basename(mainName(baseDir, main))),
      // Nothing is written; the check is about files.
      allowOverwrite: true,
      write: false,
      metafile: true,
      bundle: true,
      format: 'esm',
      target: 'esnext',
      platform: 'browser',
      conditions: ['workerd', 'worker', 'browser'],
      mainFields: ['browser', 'module', 'main'],
      loader: { '.js': 'jsx', '.mjs': 'jsx', '.cjs': 'jsx' },
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      sourcemap: this.#options.sourcemap === false ? false : 'external',
      minify,
      keepNames,
      define: { 'process.env.NODE_ENV': environment, 'global.process.env.NODE_ENV': environment, 'globalThis.process.env.NODE_ENV': environment, ...define },
      plugins: [aliasPlugin(alias, projectDir), this.#collector.plugin, externalsPlugin(this.#compat), regularFilesPlugin(projectDir)],
      ...(tsconfig !== undefined && { tsconfig }),
      ...(jsxFactory !== undefined && { jsxFactory }),
      ...(jsxFragment !== undefined && { jsxFragment }),
    };
  }
}

function isBuildFailure(error: unknown): error is Error & { errors: Message[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** A file that vanished or cannot be read is the app's fault, not a crash. */
function fileSystemError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BuildError) return error;
  return 'syscall' in error ? new BuildError('source', `A file of the app cannot be read: ${error.message}.`) : error;
}
