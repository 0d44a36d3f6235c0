/**
 * What keeps a build of somebody else's files within bounds: esbuild reads whatever a path leads to, a pipe that nobody
 * writes to and a device that never ends as well, in a process that all builds share.
 */
import { stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type Plugin, stop } from 'esbuild';
import { LIMITS } from '../protocol/limits.ts';
import { BuildError } from './error.ts';
import { nameInside } from './module-files.ts';

/** What a build may take; the largest projects take some seconds. */
const BUILD_MS = 60_000;

/** What esbuild reads beside sources. */
const SETTINGS = ['package.json', 'tsconfig.json', 'jsconfig.json'];

/**
 * Waits for work of esbuild's, which cannot be called off but by ending its process: other builds that are in it fail then, and are to be tried again.
 * @throws BuildError where it takes too long
 */
export async function withinTime<T>(work: Promise<T>, milliseconds = BUILD_MS): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new BuildError(
        'source',
        `The build was given up after ${milliseconds / 1000} seconds.\nLook for a file that is no regular file, or for code that takes long to read.`,
      ),
    );
    void stop();
  }, milliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

/** Did work fail because another build had esbuild's process ended? */
export function wasStopped(error: unknown): boolean {
  return error instanceof Error && /^The service (?:was stopped|is no longer running)/.test(error.message);
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
