/**
 * Secrets at rest: one file for each app in `<data folder>/secrets`, encrypted value by value.
 *
 * Contract: a change is on disk, whole, when it returns; two changes at a time wait for each other. Only the names
 * can be read without the key.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fileNameOf } from '../../storage/paths.ts';
import { addKey, type KeyPlace, type KeyRing, readKeyRing, type Sealed, SecretsError } from './key-ring.ts';
import { writeWhole } from './write-whole.ts';

const fileSchema = z.object({ app: z.string(), secrets: z.record(z.string(), z.object({ key: z.string(), value: z.string() })) });
type SecretsFile = z.infer<typeof fileSchema>;

const ENDING = '.json';
const MOST_WAIT_MS = 5000;
const RETRY_MS = 20;

export class SecretStore {
  readonly dir: string;
  readonly #place: KeyPlace;

  constructor(place: KeyPlace) {
    this.#place = place;
    this.dir = join(place.dataDir, 'secrets');
  }

  /** The secrets of an app, decrypted. @throws SecretsError */
  read(app: string): Record<string, string> {
    const file = this.#load(app);
    const names = Object.keys(file.secrets);
    if (names.length === 0) return {};
    const ring = readKeyRing(this.#place, false);
    if (ring === undefined) throw new SecretsError(`the key of the secrets of ${app} is not there`);
    return Object.fromEntries(names.map((name) => [name, ring.open(file.secrets[name] as Sealed, [app, name])]));
  }

  /** The names of an app's secrets. */
  names(app: string): string[] {
    return Object.keys(this.#load(app).secrets).sort();
  }

  /** Sets and deletes (null) secrets of an app, all of them or none. @returns the names that were there to be deleted */
  async change(app: string, changes: ReadonlyMap<string, string | null>): Promise<string[]> {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    return this.#locked(() => {
      const needsKey = [...changes.values()].some((value) => value !== null);
      const ring = needsKey ? (readKeyRing(this.#place, true) as KeyRing) : undefined;
      const secrets = new Map(Object.entries(this.#load(app).secrets));
      const deleted: string[] = [];
      for (const [name, value] of changes) {
        if (value === null) {
          if (secrets.delete(name)) deleted.push(name);
        } else if (ring !== undefined) secrets.set(name, ring.seal(value, [app, name]));
      }
      this.#save({ app, secrets: Object.fromEntries(secrets) });
      return deleted;
    });
  }

  /**
   * Encrypts everything anew: with a new key where the key lies in a file, with the first one of the environment else.
   * The old keys go when nothing is encrypted with them any more; broken off, it can be begun again.
   * @returns how many secrets there are
   */
  async rotate(): Promise<number> {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    return this.#locked(() => {
      const dropOld = addKey(this.#place);
      const ring = readKeyRing(this.#place, true) as KeyRing;
      let count = 0;
      for (const name of readdirSync(this.dir)) {
        if (!name.endsWith(ENDING)) continue;
        const file = parse(readFileSync(join(this.dir, name), 'utf8'), name);
        const entries = Object.entries(file.secrets).map(([key, sealed]): [string, Sealed] => {
          const owner = [file.app, key];
          return [key, ring.seal(ring.open(sealed, owner), owner)];
        });
        count += entries.length;
        this.#save({ app: file.app, secrets: Object.fromEntries(entries) });
      }
      dropOld();
      return count;
    });
  }

  /** The app that a file of the folder belongs to; undefined for every other file. */
  appOf(name: string): string | undefined {
    if (!name.endsWith(ENDING)) return undefined;
    try {
      return parse(readFileSync(join(this.dir, name), 'utf8'), name).app;
    } catch {
      return undefined;
    }
  }

  #fileOf(app: string): string {
    return join(this.dir, fileNameOf(app) + ENDING);
  }

  #load(app: string): SecretsFile {
    const file = this.#fileOf(app);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { app, secrets: {} };
      throw new SecretsError(`the secrets of ${app} cannot be read: ${(error as Error).message}`);
    }
    const parsed = parse(text, file);
    if (parsed.app !== app) throw new SecretsError(`${file} is not the file of ${app}`);
    return parsed;
  }

  #save(file: SecretsFile): void {
    writeWhole(this.#fileOf(file.app), `${JSON.stringify(file, undefined, 2)}\n`);
  }

  async #locked<T>(work: () => T): Promise<T> {
    const lock = join(this.dir, 'lock');
    const deadline = Date.now() + MOST_WAIT_MS;
    while (!take(lock)) {
      if (Date.now() > deadline) throw new SecretsError(`somebody else is changing secrets; if that is not so, remove ${lock}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    try {
      return work();
    } finally {
      rmSync(lock, { force: true });
    }
  }
}

function parse(text: string, file: string): SecretsFile {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    throw new SecretsError(`${file} is damaged`);
  }
}

/** Takes the lock, and one whose holder is gone. It never lacks its holder, at whatever moment that one is killed. */
function take(lock: string): boolean {
  const own = `${lock}.${process.pid}.tmp`;
  writeFileSync(own, `${process.pid}`, { mode: 0o600 });
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const holder = holderOf(lock);
  if (holder !== undefined && !isAlive(holder)) takeAway(lock, holder);
  return false;
}

/** Removes the lock of one that is gone, unless it is another's by now. */
function takeAway(lock: string, holder: string): void {
  const aside = `${lock}.${process.pid}.old.tmp`;
  try {
    renameSync(lock, aside);
    if (holderOf(aside) !== holder) linkSync(aside, lock);
  } catch {
    // Somebody else was faster.
  } finally {
    rmSync(aside, { force: true });
  }
}

function holderOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return undefined;
  }
}

/** What is no process's is nobody's: a lock of an earlier version, whose holder was killed before it had written its name. */
function isAlive(holder: string): boolean {
  const pid = Number(holder);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
