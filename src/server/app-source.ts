/** One app on disk and what became of it: its last good version, and what is wrong with the newest. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { tellsOfDescriptors } from '../base/descriptors.ts';
import { deriveName } from '../config/names.ts';
import { ConfigError, configError } from '../config/problem.ts';
import type { Lowered } from '../config/limits.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { AppBuilder } from './app-builder.ts';
import { type AppSettings, brokenApp, describeApp } from './app-record.ts';
import { versionMetadata } from './version-metadata.ts';

export type AppRow = Omit<AppRecord, 'slot'>;

export type BuildOutcome =
  /** The same as before, to the byte. */
  | { kind: 'same' }
  | {
      kind: 'new';
      row: AppRow;
      milliseconds: number;
      warnings: readonly string[];
      lowered: readonly Lowered[];
      /** The trust group it wants to be in, and may not. */
      refusedGroup: string | undefined;
    }
  /** `frame`: where it is wrong, in lines for a person to read. */
  | { kind: 'broken'; message: string; frame: string; lastGood: AppRow | undefined };

export class AppSource {
  readonly path: string;
  /** The name that is made of its folder's or file's. */
  readonly #ownName: string | undefined;
  readonly #isAlone: boolean;
  readonly #builder: AppBuilder;
  readonly #bundlesDir: string;
  #row: AppRow | undefined;
  #broken: string | undefined;
  #name: string | undefined;
  #warned = '';

  /** @param bundlesDir bundles go to `<bundlesDir>/<name>/<version>` @param isAlone there are no others, whose name it could take */
  constructor(path: string, builder: AppBuilder, bundlesDir: string, isAlone = false) {
    this.path = path;
    this.#ownName = deriveName(basename(path));
    this.#isAlone = isAlone;
    this.#builder = builder;
    this.#bundlesDir = bundlesDir;
  }

  /** The row to be served: of the last good version, or a broken one. Undefined before the first build. */
  get row(): AppRow | undefined {
    return this.#row;
  }

  /** The app's name, as far as it is known. */
  get name(): string | undefined {
    return this.#row?.name ?? this.#name;
  }

  /** How good a claim to its name it has: 2, its folder or file is called so to the letter; 1, nearly so; 0, another way. */
  get claim(): number {
    const { name } = this;
    if (name === undefined || name !== this.#ownName) return 0;
    return basename(this.path).replace(/\.\w+$/, '') === name ? 2 : 1;
  }

  /** The newest could not be built for want of file descriptors: that says nothing of the app. */
  get isUntried(): boolean {
    return this.#broken !== undefined && tellsOfDescriptors(this.#broken);
  }

  /** Files whose change asks for a new build. */
  get files(): readonly string[] {
    return this.#builder.watchFiles();
  }

  /** Folders in which every change asks for one. */
  get folders(): readonly string[] {
    return this.#builder.watchFolders?.() ?? [];
  }

  async build(settings: AppSettings): Promise<BuildOutcome> {
    const started = performance.now();
    try {
      const built = await this.#builder.build();
      if (settings.trust.cordon && !this.#isAlone) this.#checkName(built.config.name);
      const { app, lowered } = describeApp(built.config, built.digest, settings);
      const bundleDir = join(this.#bundlesDir, app.name, app.version);
      const wasBroken = this.#broken !== undefined;
      this.#name = app.name;
      this.#broken = undefined;
      if (!wasBroken && this.#row?.version === app.version) return { kind: 'same' };
      await mkdir(join(this.#bundlesDir, app.name), { recursive: true });
      await built.write(bundleDir);
      const { versionMetadata: binding, trustGroup } = built.config;
      const told = binding === undefined ? {} : { [binding]: await versionMetadata(app.version, bundleDir) };
      this.#row = { ...app, vars: { ...app.vars, ...told }, bundleDir, state: 'ready' };
      const warnings = this.#newWarnings(built.warnings);
      return {
        kind: 'new',
        row: this.#row,
        milliseconds: performance.now() - started,
        warnings,
        lowered,
        refusedGroup: trustGroup === app.group ? undefined : trustGroup,
      };
    } catch (error) {
      return this.#failed(error, settings);
    }
  }

  dispose(): Promise<void> {
    return this.#builder.dispose();
  }

  /** To a name belong secrets, hosts and a trust group: where tenants write configurations, none may choose another's. */
  #checkName(name: string): void {
    if (name === this.#ownName) return;
    throw configError({
      file: this.path,
      key: 'name',
      message: `The app calls itself "${name}": with "cordon" in nano.jsonc an app has the name of its folder.`,
      hint: `Set "name" to "${this.#ownName ?? ''}", or have the operator rename the folder.`,
    });
  }

  #failed(error: unknown, settings: AppSettings): BuildOutcome {
    const text = error instanceof Error ? error.message : String(error);
    if (this.#broken === text) return { kind: 'same' };
    this.#broken = text;
    const lastGood = this.#row?.state === 'ready' ? this.#row : undefined;
    if (lastGood === undefined) {
      const name = this.#name ?? this.#ownName ?? 'app';
      this.#row = brokenApp(name, text, settings);
    }
    if (this.isUntried) return { kind: 'broken', message: 'no file descriptor is left to build the app, which is tried again', frame: text, lastGood };
    const message = error instanceof ConfigError ? 'the configuration is wrong' : 'the build failed';
    return { kind: 'broken', message, frame: text, lastGood };
  }

  /** A warning is told once, not after every save. */
  #newWarnings(warnings: readonly string[]): readonly string[] {
    const text = warnings.join('\n');
    if (text === this.#warned) return [];
    this.#warned = text;
    return warnings;
  }
}
