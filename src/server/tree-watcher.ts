/**
 * Tells when something below a folder changes. One operating-system watch per folder, none per file, and none
 * in node_modules or dot folders: hundreds of apps must not cost hundreds of thousands of watches.
 * (fs.watch's own `recursive` walks into everything on Linux.)
 *
 * Contract: a change is reported at least once after it happened; spurious reports are possible. Links to folders
 * are followed where they lie directly in a root, each folder once: elsewhere one may lead anywhere, and what a build
 * reads by way of it is watched by its real name. One tree has at most MOST_FOLDERS.
 */
import { type FSWatcher, lstatSync, readdirSync, type Stats, statSync, watch } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

export type TreeWatcherOptions = {
  /** @param path of what changed, appeared or went */
  onChange(path: string): void;
  /** A folder cannot be watched; told once. */
  onError(folder: string, error: Error): void;
  /** Folders to leave alone, absolute. */
  exclude?: readonly string[];
};

/** A watch costs memory of the kernel's, of which all programs of a user share some. */
const MOST_FOLDERS = 10_000;

/** Folders that share a bound: those of one app. */
type Tree = { count: number };
type Watched = { watcher: FSWatcher; key: string; tree: Tree };

export class TreeWatcher {
  readonly #options: TreeWatcherOptions;
  readonly #folders = new Map<string, Watched>();
  readonly #keys = new Set<string>();
  readonly #roots = new Set<string>();
  /** Roots in which each folder is a tree of its own. */
  readonly #forests = new Set<string>();
  /** Files outside the trees, by the folder that holds them. */
  readonly #extras = new Map<string, { watcher: FSWatcher | undefined; names: Set<string> }>();
  #failed = false;
  #closed = false;

  constructor(options: TreeWatcherOptions) {
    this.#options = options;
  }

  /** Watches a folder with all below it, and whatever takes its place later. @param isForest each folder in it is a tree of its own */
  addRoot(folder: string, isForest = false): void {
    if (isForest) this.#forests.add(folder);
    if (this.#roots.has(folder)) return this.#add(folder, { count: 0 });
    this.#roots.add(folder);
    this.#add(folder, { count: 0 });
    const parent = dirname(folder);
    const extra = this.#extras.get(parent);
    if (extra !== undefined) extra.names.add(basename(folder));
    else this.#watchFiles(parent, new Set([basename(folder)]));
  }

  /** Watches a folder with all below it. */
  #add(folder: string, tree: Tree): void {
    if (this.#closed || this.#folders.has(folder)) return;
    if (this.#options.exclude?.includes(folder) === true) return;
    let key: string;
    let names: string[];
    try {
      const stat = statSync(folder);
      if (!stat.isDirectory()) return;
      key = `${stat.dev}:${stat.ino}`;
      if (this.#keys.has(key)) return;
      if (tree.count >= MOST_FOLDERS) throw new Error(`more than ${MOST_FOLDERS} folders`);
      // The watch comes first: what is created while we look is reported by one or seen by the other.
      const watcher = watch(folder, (_type, name) => this.#changed(folder, name));
      watcher.on('error', () => this.#drop(folder));
      this.#folders.set(folder, { watcher, key, tree });
      tree.count++;
      this.#keys.add(key);
      names = readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && this.#roots.has(folder)))
        .map((entry) => entry.name);
    } catch (error) {
      this.#fail(folder, error);
      return;
    }
    for (const name of names) if (!isIgnored(name)) this.#add(join(folder, name), this.#treeIn(folder, tree));
  }

  /** The tree of what lies in a folder. */
  #treeIn(folder: string, own: Tree | undefined): Tree {
    return own === undefined || this.#forests.has(folder) ? { count: 0 } : own;
  }

  /** Watches these files, wherever they are, instead of those named before; what lies in a watched tree needs nothing. */
  setFiles(files: readonly string[]): void {
    const wanted = new Map<string, Set<string>>();
    for (const file of [...files, ...this.#roots]) {
      const folder = dirname(file);
      if (this.#folders.has(folder) || folder.includes(`${sep}node_modules${sep}`)) continue;
      wanted.set(folder, (wanted.get(folder) ?? new Set()).add(basename(file)));
    }
    for (const [folder, extra] of this.#extras) {
      if (wanted.has(folder)) continue;
      extra.watcher?.close();
      this.#extras.delete(folder);
    }
    for (const [folder, names] of wanted) {
      const extra = this.#extras.get(folder);
      if (extra !== undefined) extra.names = names;
      else this.#watchFiles(folder, names);
    }
  }

  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#folders.values()) watcher.close();
    for (const { watcher } of this.#extras.values()) watcher?.close();
    this.#folders.clear();
    this.#extras.clear();
    this.#keys.clear();
  }

  #watchFiles(folder: string, names: Set<string>): void {
    const extra: { watcher: FSWatcher | undefined; names: Set<string> } = { watcher: undefined, names };
    try {
      extra.watcher = watch(folder, (_type, name) => {
        if (name === null || extra.names.has(name)) this.#changed(folder, name);
      });
      extra.watcher.on('error', () => {});
      this.#extras.set(folder, extra);
    } catch (error) {
      this.#fail(folder, error);
    }
  }

  #changed(folder: string, name: string | null): void {
    if (this.#closed) return;
    if (name === null) {
      this.#options.onChange(folder);
      return;
    }
    const path = join(folder, name);
    if (isIgnored(name) && !this.#roots.has(path)) return;
    const stat = tryStat(path);
    const watched = this.#folders.get(path);
    // Gone, or another folder under the same name, as when a link is turned to a new release.
    if (watched !== undefined && (stat === undefined || watched.key !== `${stat.dev}:${stat.ino}`)) this.#drop(path);
    const parent = this.#folders.get(folder);
    const isRoot = this.#roots.has(path);
    if (stat?.isDirectory() === true && (isRoot || (parent !== undefined && (this.#roots.has(folder) || !isLink(path)))))
      this.#add(path, isRoot ? { count: 0 } : this.#treeIn(folder, parent?.tree));
    this.#options.onChange(path);
  }

  /** Forgets a folder and all below it. */
  #drop(path: string): void {
    const below = path + sep;
    for (const [folder, { watcher, key, tree }] of this.#folders) {
      if (folder !== path && !folder.startsWith(below)) continue;
      watcher.close();
      tree.count--;
      this.#folders.delete(folder);
      this.#keys.delete(key);
    }
  }

  #fail(folder: string, error: unknown): void {
    const failure = error as NodeJS.ErrnoException;
    // Then there is nothing to be told about it.
    if (this.#failed || GONE_CODES.has(failure.code ?? '')) return;
    this.#failed = true;
    this.#options.onError(folder, failure);
  }
}

/** Gone again, not ours to read, or a link in a circle. */
const GONE_CODES = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP']);

function tryStat(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Folders that hold no source, and files of editors and tools; environment files and what static assets have count. */
export function isIgnored(name: string): boolean {
  if (name === 'node_modules') return true;
  return name.startsWith('.') && !/^\.(?:dev\.vars|env|assetsignore$|well-known$)/.test(name);
}
