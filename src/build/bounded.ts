/**
 * What keeps a build of somebody else's files within bounds: esbuild reads whatever a path leads to, a pipe that nobody
 * writes to and a device that never ends as well, in a process that all builds share. Much of it no plugin gets to see, such as
 * source maps that a file names and settings of packages: for those there are bounds of time and memory.
 */
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type Plugin, stop } from 'esbuild';
import { LIMITS } from '../protocol/limits.ts';
import { BuildError } from './error.ts';
import { nameInside } from './module-files.ts';

/** What a build may take; the largest projects take some seconds. */
const BUILD_MS = 60_000;
/** What esbuild's process may take; the largest projects take some hundreds of megabytes. */
const BUILD_BYTES = 2 * 1024 ** 3;
/** How often it is looked at. */
const LOOK_MS = 250;
const ADVICE = 'Look for a file, or a source map that a file names, that is no regular file, and for code that takes long to read.';

/** What esbuild reads beside sources. */
const SETTINGS = ['package.json', 'tsconfig.json', 'jsconfig.json'];

/** Work of esbuild's that waits: what is in the process when it is ended hears nothing of it otherwise. */
const waiting = new Set<(error: Error) => void>();

class EndedError extends Error {}

function endEsbuild(): void {
  void stop();
  for (const reject of waiting) reject(new EndedError("esbuild's process was ended"));
}

/**
 * Waits for work of esbuild's, which cannot be called off but by ending its process: other builds that are in it fail then, and are to be tried again.
 * @throws BuildError where it takes too long
 */
export async function withinBounds<T>(work: Promise<T>, milliseconds = BUILD_MS, bytes = BUILD_BYTES): Promise<T> {
  const { promise: failure, reject } = Promise.withResolvers<never>();
  waiting.add(reject);
  const timer = setTimeout(() => {
    reject(new BuildError('source', `The build was given up after ${milliseconds / 1000} seconds.\n${ADVICE}`));
    endEsbuild();
  }, milliseconds);
  const looking = setInterval(() => {
    if (memoryOfEsbuild() > bytes) endEsbuild();
  }, LOOK_MS);
  try {
    return await Promise.race([work, failure]);
  } finally {
    waiting.delete(reject);
    clearTimeout(timer);
    clearInterval(looking);
    work.catch(() => {});
  }
}

/** Resident, where the system tells it (Linux). */
function memoryOfEsbuild(): number {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const esbuild = children.map((child) => readFileSync(`/proc/${child}/status`, 'utf8')).find((status) => status.startsWith('Name:\tesbuild\n'));
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(esbuild ?? '')?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** For work that was tried again and again: what takes little has been done by then. */
export const tooLarge = (): BuildError => new BuildError('source', `The build was given up: esbuild took too much memory.\n${ADVICE}`);

/** Did work fail because esbuild's process was ended, for another build's sake or for its memory? */
export function wasStopped(error: unknown): boolean {
  return error instanceof EndedError || (error instanceof Error && /^The service (?:was stopped|is no longer running)/.test(error.message));
}

/** Refuses sources that are no regular files, or larger than any bundle, before esbuild opens them. */
export function regularFilesPlugin(projectDir: string): Plugin {
  return {
    name: 'nano-regular-files',
    setup(build) {
      build.onLoad({ filter: /.*/, namespace: 'file' }, async ({ path }) => {
        const fault = await faultOf(path);
        return fault === undefined ? undefined : { errors: [{ text: `${shown(projectDir, path)} cannot be read: ${fault}` }] };
      });
    },
  };
}

/** The settings of a project, from the entry's folder upwards, which no plugin gets to see. @throws BuildError */
export async function checkSettings(projectDir: string, main: string): Promise<void> {
  const folders = [projectDir];
  for (let folder = dirname(main); nameInside(projectDir, folder) !== undefined; folder = dirname(folder)) folders.push(folder);
  const files = folders.flatMap((folder) => SETTINGS.map((name) => join(folder, name)));
  const faults = await Promise.all(files.map(faultOf));
  const first = faults.findIndex((fault) => fault !== undefined);
  if (first !== -1) throw new BuildError('source', `${shown(projectDir, files[first] as string)} cannot be read: ${faults[first]}`);
}

const shown = (projectDir: string, path: string): string => JSON.stringify(relative(projectDir, path));

/** What is wrong with a file; of one that is not there somebody else tells. */
async function faultOf(path: string): Promise<string | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || info.isDirectory()) return undefined;
  if (!info.isFile()) return 'it is no regular file.';
  return info.size > LIMITS.bundleBytes.ceiling ? `it has ${info.size} bytes; ${LIMITS.bundleBytes.ceiling} are allowed.` : undefined;
}
