/** Runs the custom build command of a project (`build.command`). Only where the project's owner is at the keyboard. */
import { spawn } from 'node:child_process';
import type { WorkerConfig } from '../config/worker-config.ts';
import { BuildError } from './error.ts';

const KEPT_OUTPUT = 64 * 1024;

export async function runBuildCommand(build: NonNullable<WorkerConfig['build']>): Promise<void> {
  const output: Buffer[] = [];
  let size = 0;
  const child = spawn(build.command, { cwd: build.cwd, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
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
