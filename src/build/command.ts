/**
 * Runs the custom build command of a project (`build.command`). Only where the project's owner is at the keyboard.
 *
 * Contract: the command runs again when something in the folders of `build.watch_dir` has changed since it last ended,
 * and for nothing else: what it writes is an input of the bundle, and must not call for it again.
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import type { WorkerConfig } from '../config/worker-config.ts';
import { BuildError } from './error.ts';

const KEPT_OUTPUT = 64 * 1024;

type Build = NonNullable<WorkerConfig['build']>;

export class CustomBuild {
  readonly #build: Build;
  /** What the folders were like when the command last ended. */
  #state: string | undefined;
  #failure: unknown;

  constructor(build: Build) {
    this.#build = build;
  }

  /** @throws BuildError where the command fails, or failed and nothing has changed since */
  async run(): Promise<void> {
    if (this.#state !== this.#look()) {
      this.#failure = undefined;
      await runBuildCommand(this.#build).catch((error: unknown) => {
        this.#failure = error;
      });
      // What it has changed there itself is no reason to run it again.
      this.#state = this.#look();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #look(): string {
    return this.#build.watchDirs.map(stateOf).join('\n');
  }
}

/** Files below a folder, with size and time. */
function stateOf(dir: string): string {
  const files: string[] = [];
  try {
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || /(?:^|[\\/])(?:node_modules|\..*?)[\\/]/.test(path.slice(dir.length))) continue;
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined) files.push(`${path}${sep}${stat.size} ${stat.mtimeMs}`);
    }
  } catch {
    // The folder is not there, or has just gone.
  }
  return files.sort().join('\n');
}

async function runBuildCommand(build: Build): Promise<void> {
  const output: Buffer[] = [];
  let size = 0;
  const child = spawn(build.command, { cwd: build.cwd, shell: true, env: { ...process.env, PATH: pathOf(build.cwd) }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      if (size < KEPT_OUTPUT) output.push(chunk);
      size += chunk.length;
    });
  }
  const ended = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  if (ended === undefined) return;
  const said = Buffer.concat(output).toString('utf8').trim();
  throw new BuildError(
    'command',
    `Running custom build \`${build.command}\` failed (${ended}). There are likely more logs from your build command below.${said === '' ? '' : `\n${said}`}`,
  );
}

/** As npm and npx have it, by which wrangler is mostly run: the programs of packages come first, the nearest before all. */
function pathOf(dir: string): string {
  const folders: string[] = [];
  for (let folder = dir, last = ''; folder !== last; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules', '.bin'));
    last = folder;
  }
  return [...folders, process.env['PATH'] ?? ''].join(delimiter);
}
