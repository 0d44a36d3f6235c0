/** Making an app ready to run, as the app table needs it; worker-builder.ts does it with config/ and build/. */
import type { WorkerConfig } from '../config/worker-config.ts';

export type BuiltApp = {
  config: WorkerConfig;
  /** Of bundle and assets: same digest, same code and files. */
  digest: string;
  /** What the author should know, as text. */
  warnings: readonly string[];
  /** Writes bundle and assets, unless the folder has it already. */
  write(dir: string): Promise<void>;
};

/** Builds one app again and again. */
export interface AppBuilder {
  /** @throws ConfigError or BuildError, for the author to read */
  build(): Promise<BuiltApp>;
  /** Files whose change asks for a new build, absolute: of the last build, good or bad. */
  watchFiles(): readonly string[];
  /** Folders in which every change asks for one, absolute. */
  watchFolders?(): readonly string[];
  dispose(): Promise<void>;
}

/** @param path folder or file of the app */
export type OpenBuilder = (path: string) => AppBuilder;
