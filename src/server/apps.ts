/**
 * The apps of a folder, or a single one: found, built, watched, and kept as a table for the engines.
 *
 * Contract: one app's trouble stays its own. The table changes only by a whole step: `onChange` is called when
 * all that was dirty has been built. What takes longer than others shall wait follows in a step of its own.
 */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { hasDescriptors, isOutOfDescriptors } from '../base/descriptors.ts';
import { isApp, isSourceFile } from '../config/find-app.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { OpenBuilder } from './app-builder.ts';
import type { AppSettings } from './app-record.ts';
import { AppSource, type BuildOutcome } from './app-source.ts';
import { isIgnored, TreeWatcher } from './tree-watcher.ts';

export type AppsOptions = {
  /** The folder of apps, or the app. */
  root: string;
  /** The root is one app. */
  single: boolean;
  bundlesDir: string;
  openBuilder: OpenBuilder;
  settings: AppSettings;
  /** Quiet time after a change before the build, in milliseconds. */
  debounceMs: number;
  /** When builds that found no file descriptor are tried again, in milliseconds. */
  retryMs?: number;
  /** Folders not to look into. */
  exclude: readonly string[];
  onOutcome(path: string, outcome: BuildOutcome): void;
  onRemoved(name: string): void;
  onWarning(message: string, fields: Record<string, unknown>): void;
  /** The table is another one. */
  onChange(): void;
};

const PARALLEL_BUILDS = 4;
/** Changes that never pause are built after this long all the same. */
const MAX_DEBOUNCE_MS = 1000;
/** How long other apps wait for the build of one. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 1000;
/** File descriptors that a build takes, roughly: it is not tried with fewer. */
const BUILD_DESCRIPTORS = 32;

export class Apps {
  readonly #options: AppsOptions;
  readonly #sources = new Map<string, AppSource>();
  /** A name keeps its slot for good: the ledger of an engine that is just dying may still hold it. */
  readonly #slots = new Map<string, number>();
  readonly #dirty = new Set<string>();
  /** Builds that nobody waits for any more. */
  readonly #late = new Set<string>();
  #settings: AppSettings;
  #watcher: TreeWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What was not found out for want of file descriptors. */
  readonly #untried = new Set<string>();
  #retrying: NodeJS.Timeout | undefined;
  #dirtySince = 0;
  #building: Promise<void> | undefined;
  #closed = false;
  #clashes = '';

  constructor(options: AppsOptions) {
    this.#options = { ...options, root: resolve(options.root) };
    this.#settings = options.settings;
  }

  /** Builds everything for the first time and starts watching. */
  async open(watch: boolean): Promise<void> {
    if (watch) this.#startWatching();
    await this.rescan();
  }

  /** Looks at everything again, with other settings where given. */
  async rescan(settings: AppSettings = this.#settings): Promise<void> {
    this.#settings = settings;
    for (const path of this.#find()) this.#dirty.add(path);
    for (const path of this.#sources.keys()) this.#dirty.add(path);
    await this.#flush();
  }

  /** The table, sorted by name. Where two apps want one name, the one whose folder is called so has it, else the first path. */
  table(): AppRecord[] {
    const rows = new Map<string, AppRecord>();
    const clashes: string[] = [];
    const sources = [...this.#sources.values()].sort((a, b) => b.claim - a.claim || (a.path < b.path ? -1 : 1));
    for (const { path, row } of sources) {
      if (row === undefined) continue;
      if (rows.has(row.name)) clashes.push(`${row.name}\n${path}`);
      else rows.set(row.name, { ...row, slot: this.#slot(row.name) });
    }
    this.#reportClashes(clashes);
    return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Builds apps again whose files are the same: something else of theirs has changed. */
  async rebuild(names: ReadonlySet<string>): Promise<void> {
    for (const [path, { name }] of this.#sources) if (name !== undefined && names.has(name)) this.#dirty.add(path);
    await this.#flush();
  }

  /** Names by slot. */
  nameOf(slot: number): string | undefined {
    for (const [name, own] of this.#slots) if (own === slot) return name;
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retrying);
    this.#watcher?.close();
    await this.#building;
    // What still builds ends with the process.
    const idle = [...this.#sources].filter(([path]) => !this.#late.has(path));
    await Promise.all(idle.map(([, source]) => source.dispose()));
  }

  #startWatching(): void {
    const { root, single, exclude, onWarning } = this.#options;
    this.#watcher = new TreeWatcher({
      exclude,
      onChange: (path) => this.#touched(path),
      onError: (folder, error) =>
        onWarning('changes are not noticed in every folder: send SIGHUP after a change, or start nano dev again', { folder, error: error.message }),
    });
    // The folder of a bare source file may be anything, a home folder too: only what is imported is watched.
    if (!single || !isFile(root)) this.#watcher.addRoot(root, !single);
    else if (!isSourceFile(root)) this.#watcher.addRoot(dirname(root));
  }

  #find(): string[] {
    const { root, single, exclude } = this.#options;
    if (single) return [root];
    try {
      return readdirSync(root)
        .filter((name) => !isIgnored(name) && !name.startsWith('.'))
        .map((name) => join(root, name))
        .filter((path) => !exclude.includes(path) && isApp(path));
    } catch (error) {
      this.#options.onWarning('the folder of apps cannot be read', { folder: root, error: (error as Error).message });
      if (isOutOfDescriptors(error)) this.#tryAgain(root);
      return [...this.#sources.keys()];
    }
  }

  #touched(path: string): void {
    if (this.#closed) return;
    const { root, single, onWarning } = this.#options;
    const inside = path === root || path.startsWith(root + sep);
    if (single) this.#dirty.add(root);
    else if (path === root) for (const own of [...this.#find(), ...this.#sources.keys()]) this.#dirty.add(own);
    else if (inside) this.#dirty.add(join(root, relative(root, path).split(sep)[0] as string));
    // A file outside: whoever uses it, finds out by building.
    else
      for (const [own, source] of this.#sources)
        if (source.files.some((file) => samePath(file, path)) || source.folders.some((folder) => path.startsWith(folder + sep))) this.#dirty.add(own);
    if (this.#dirty.size === 0) return;
    const now = performance.now();
    if (this.#timer === undefined) this.#dirtySince = now;
    clearTimeout(this.#timer);
    const wait = Math.max(0, Math.min(this.#options.debounceMs, this.#dirtySince + MAX_DEBOUNCE_MS - now));
    this.#timer = setTimeout(() => {
      this.#flush().catch((error: unknown) => onWarning('a change could not be followed', { error: String(error) }));
    }, wait);
  }

  /** Looks at a path as if it had changed, once there are file descriptors again. */
  #tryAgain(path: string): void {
    this.#untried.add(path);
    this.#retrying ??= setTimeout(() => this.#retry(), this.#options.retryMs ?? RETRY_MS).unref();
  }

  #retry(): void {
    this.#retrying = undefined;
    const paths = [...this.#untried];
    if (hasDescriptors(BUILD_DESCRIPTORS)) this.#untried.clear();
    for (const path of paths) {
      if (this.#untried.has(path)) this.#tryAgain(path);
      else this.#touched(path);
    }
  }

  /** Builds all that is dirty, one round after the other. */
  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#building !== undefined) await this.#building;
    if (this.#closed || ![...this.#dirty].some((path) => !this.#late.has(path))) return;
    this.#building = this.#round().finally(() => {
      this.#building = undefined;
    });
    await this.#building;
    if (!this.#closed) this.#watch();
  }

  #watch(): void {
    for (const source of this.#sources.values()) for (const folder of source.folders) this.#watcher?.addRoot(folder);
    this.#watcher?.setFiles(this.#filesToWatch());
  }

  /** A bare source file is watched from the start, before it has ever been built. */
  #filesToWatch(): string[] {
    const { root, single } = this.#options;
    const files = [...this.#sources.values()].flatMap((source) => source.files);
    return single ? [root, ...files] : files;
  }

  async #round(): Promise<void> {
    // Of those that still build, the next step takes care.
    const paths = [...this.#dirty].filter((path) => !this.#late.has(path)).sort();
    for (const path of paths) this.#dirty.delete(path);
    let changed = false;
    const next = paths.values();
    const work = async (): Promise<void> => {
      for (const path of next) if (await this.#updateInTime(path)) changed = true;
    };
    await Promise.all(Array.from({ length: PARALLEL_BUILDS }, work));
    if (changed && !this.#closed) this.#options.onChange();
  }

  /** As `#update`, but leaves a build to itself that takes long. */
  async #updateInTime(path: string): Promise<boolean> {
    const update = this.#update(path);
    const patience = Promise.withResolvers<'late'>();
    // Where there is but one app, nobody else waits.
    const timer = this.#options.single ? undefined : setTimeout(() => patience.resolve('late'), PATIENCE_MS);
    const outcome = await Promise.race([update, patience.promise]);
    clearTimeout(timer);
    if (outcome !== 'late') return outcome;
    this.#options.onWarning('the build takes long; other apps do not wait for it', { path });
    this.#late.add(path);
    update
      .catch(() => false)
      .then((changed) => {
        this.#late.delete(path);
        if (this.#closed) return;
        this.#watch();
        if (changed) this.#options.onChange();
        if (this.#dirty.has(path)) return this.#flush();
      })
      .catch((error: unknown) => this.#options.onWarning('a change could not be followed', { path, error: String(error) }));
    return false;
  }

  /** @returns whether the table may be another one */
  async #update(path: string): Promise<boolean> {
    const { single, openBuilder, bundlesDir, onOutcome, onRemoved } = this.#options;
    let source = this.#sources.get(path);
    if (!single && !isApp(path)) {
      if (source === undefined) return false;
      this.#sources.delete(path);
      await source.dispose();
      if (source.row !== undefined) onRemoved(source.row.name);
      return true;
    }
    if (source === undefined) {
      source = new AppSource(path, openBuilder(path), bundlesDir, single);
      this.#sources.set(path, source);
    }
    const outcome = await source.build(this.#settings);
    if (!this.#closed) onOutcome(path, outcome);
    if (!this.#closed && source.isUntried) this.#tryAgain(path);
    return outcome.kind === 'new' || (outcome.kind === 'broken' && outcome.lastGood === undefined);
  }

  #slot(name: string): number {
    const slot = this.#slots.get(name) ?? this.#slots.size;
    this.#slots.set(name, slot);
    return slot;
  }

  #reportClashes(clashes: readonly string[]): void {
    const text = clashes.join('\n');
    if (text === this.#clashes) return;
    this.#clashes = text;
    for (const clash of clashes) {
      const [name, path] = clash.split('\n');
      this.#options.onWarning('another app has this name already; this one is not served', { app: name, path });
    }
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function samePath(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
