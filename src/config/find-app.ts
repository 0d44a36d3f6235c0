/** Where an app is: a folder with a wrangler file or an index, a wrangler file itself, or a bare source file. */
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { configError } from './problem.ts';

export interface AppFiles {
  /** The folder, absolute. */
  readonly dir: string;
  readonly configPath: string | undefined;
  /** The file in which a build tool names the configuration it has made; only for a folder. */
  readonly deployConfig: string | undefined;
  /** The entry module, where no configuration needs to say it. */
  readonly main: string | undefined;
  /** What the app is called where nothing else says it: the name of its folder or file. */
  readonly baseName: string;
  readonly isBareFile: boolean;
}

/** Wrangler's order: the first that exists is the one. */
const WRANGLER_FILES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'] as const;
/** Written by the Vite plugin and its like: `{ "configPath": … }`, relative to its own folder. */
export const DEPLOY_CONFIG = join('.wrangler', 'deploy', 'config.json');
const SOURCE_ENDINGS = ['.ts', '.tsx', '.js', '.mjs', '.jsx'];
const ENTRY_STEMS = ['index', 'worker', join('src', 'index')];

/** Is this the name of a file that can be an app by itself? */
export function isSourceFile(path: string): boolean {
  return SOURCE_ENDINGS.includes(extname(path)) && !/\.(?:d|test|spec|config)\.[a-z]+$/.test(path);
}

/** The default entry module of a folder. */
export function findEntry(dir: string): string | undefined {
  for (const stem of ENTRY_STEMS) {
    for (const ending of SOURCE_ENDINGS) {
      const path = join(dir, stem + ending);
      if (isFile(path)) return path;
    }
  }
  return undefined;
}

/** Does a folder or file hold an app? Never throws: a scan of a folder meets all kinds of things. */
export function isApp(path: string): boolean {
  try {
    if (!statSync(path).isDirectory()) return isSourceFile(path);
    return [...WRANGLER_FILES, DEPLOY_CONFIG].some((name) => existsSync(join(path, name))) || findEntry(path) !== undefined;
  } catch {
    return false;
  }
}

/** The files of the app at a path, links resolved; a ConfigError where there is none. */
export function findApp(path: string): AppFiles {
  const given = resolve(path);
  let target = given;
  let isDirectory: boolean;
  try {
    // Sources are named relative to the real folder: that is how the bundler sees them.
    target = realpathSync(given);
    isDirectory = statSync(target).isDirectory();
  } catch (error) {
    const loop = error instanceof Error && 'code' in error && error.code === 'ELOOP';
    throw configError({
      file: target,
      message: loop ? 'The path goes round in a circle of symbolic links.' : 'There is no such file or folder.',
      hint: loop ? 'Remove one of the links, or point it at a real file.' : 'Check the path.',
    });
  }
  if (!isDirectory) return findFile(target, basename(given));
  const configPath = WRANGLER_FILES.map((name) => join(target, name)).find((file) => existsSync(file) || isDangling(file));
  const main = findEntry(target);
  const deployConfig = isFile(join(target, DEPLOY_CONFIG)) ? join(target, DEPLOY_CONFIG) : undefined;
  if (configPath === undefined && main === undefined && deployConfig === undefined) {
    throw configError({
      file: target,
      message: 'There is no app in this folder.',
      allowed: `a folder with ${WRANGLER_FILES.join(', ')}, or with index, worker or src/index ending in ${SOURCE_ENDINGS.join(', ')}`,
      hint: 'Add one of these files, or name the folder or file of an app.',
    });
  }
  return { dir: target, configPath, deployConfig, main, baseName: basename(given), isBareFile: false };
}

function findFile(target: string, baseName: string): AppFiles {
  const dir = dirname(target);
  if ((WRANGLER_FILES as readonly string[]).includes(basename(target)) || ['.json', '.jsonc', '.toml'].includes(extname(target))) {
    return { dir, configPath: target, deployConfig: undefined, main: findEntry(dir), baseName: basename(dir), isBareFile: false };
  }
  if (SOURCE_ENDINGS.includes(extname(target))) return { dir, configPath: undefined, deployConfig: undefined, main: target, baseName, isBareFile: true };
  throw configError({
    file: target,
    message: 'This file is not an app.',
    allowed: `a file ending in ${SOURCE_ENDINGS.join(', ')}, or a wrangler file`,
    hint: 'Name a source file, a wrangler file or a folder.',
  });
}

export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** A link that leads nowhere, or in a circle: it is meant to be there, so it is reported rather than overlooked. */
function isDangling(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined && lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}
