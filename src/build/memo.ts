/**
 * What earlier builds came to, so that a server with thousands of apps starts without bundling them all again.
 *
 * Contract: a build is remembered by everything that went into it: the configuration and options (as a hash, for they
 * hold secrets), the versions of NANO and Node, and size and times of every file and of every folder those files lie in,
 * where a new file could come before another. If any of it differs, or cannot be told, there is nothing to remember.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type Remembered = {
  /** The bundle's. */
  digest: string;
  warnings: readonly string[];
  /** Files whose change asks for a new build, absolute. */
  files: readonly string[];
};

/** Path, size, time of change and of status change in milliseconds, number of the inode; -1 for what is not there. */
type Mark = [path: string, size: number, mtimeMs: number, ctimeMs: number, inode: number];
type Stored = { key: string; writtenAt: number; marks: Mark[] } & Remembered;

/** File systems do not tell apart changes that come as close as this. */
const RACE_MS = 50;

export class BuildMemos {
  readonly #dir: string;
  readonly #version: string;

  /** @param dir where they are kept @param version of NANO: another one may build otherwise */
  constructor(dir: string, version: string) {
    this.#dir = dir;
    this.#version = version;
  }

  /** What the build of an app came to, if nothing has changed. @param input all that decides it beside the files, JSON-clonable */
  async recall(app: string, input: unknown): Promise<Remembered | undefined> {
    try {
      const stored = JSON.parse(await readFile(this.#fileOf(app), 'utf8')) as Stored;
      if (stored.key !== this.#keyOf(input)) return undefined;
      const marks = await Promise.all(stored.marks.map(([path]) => markOf(path)));
      const isSame = marks.every((mark, at) => String(mark) === String(stored.marks[at]) && Math.max(mark[2], mark[3]) < stored.writtenAt - RACE_MS);
      return isSame ? { digest: stored.digest, warnings: stored.warnings, files: stored.files } : undefined;
    } catch {
      // None yet, or not readable: the build tells.
      return undefined;
    }
  }

  /**
   * Remembers a good build. What cannot be written is built again.
   * @param named those of the files that were not looked for, but named: nothing can come before them
   */
  async remember(app: string, input: unknown, { digest, warnings, files }: Remembered, named: readonly string[]): Promise<void> {
    const marks = await Promise.all([...placesOf(files, new Set(named))].map(markOf));
    const stored: Stored = { key: this.#keyOf(input), writtenAt: Date.now(), marks, digest, warnings: [...warnings], files: [...files] };
    const file = this.#fileOf(app);
    try {
      await mkdir(this.#dir, { recursive: true });
      await writeFile(`${file}.${process.pid}`, JSON.stringify(stored));
      await rename(`${file}.${process.pid}`, file);
    } catch {
      // A full disk costs time, nothing else.
    }
  }

  #keyOf(input: unknown): string {
    return hash(JSON.stringify([this.#version, process.version, input]));
  }

  #fileOf(app: string): string {
    return join(this.#dir, `${hash(app).slice(0, 32)}.json`);
  }
}

/** Files, and the folders of those that were looked for. */
function placesOf(files: readonly string[], named: ReadonlySet<string>): Set<string> {
  return new Set(files.flatMap((file) => (named.has(file) ? [file] : [file, dirname(file)])));
}

async function markOf(path: string): Promise<Mark> {
  try {
    const { size, mtimeMs, ctimeMs, ino } = await stat(path);
    return [path, size, mtimeMs, ctimeMs, ino];
  } catch {
    return [path, -1, -1, -1, -1];
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
