/**
 * Removes bundles that no app has any more.
 *
 * Contract: one that has gone out of use stays for a grace, in which versions that are being replaced may still read
 * it, and goes then however often apps change: whoever deploys again and again must not fill the disk.
 */
import { removeBundles, unusedBundles } from './data-folder.ts';
import type { Clock } from './clock.ts';

/** After this time no engine reads an old bundle any more. */
const GRACE_MS = 60_000;

export type BundleCleanerOptions = {
  clock: Clock;
  bundlesDir: string;
  /** Another server uses the folder, too: nobody knows what is unused. */
  isShared(): boolean;
  /** The folders of all versions that are served or about to be. */
  used(): ReadonlySet<string>;
};

export class BundleCleaner {
  readonly #options: BundleCleanerOptions;
  #cancel: (() => void) | undefined;
  /** What was unused at the last look: it goes at the next. */
  #unused = new Set<string>();
  /** Settles when what is under way is done. */
  done: Promise<void> = Promise.resolve();

  constructor(options: BundleCleanerOptions) {
    this.#options = options;
  }

  /** Removes all that is unused, at once: for the start. */
  async clean(): Promise<void> {
    await this.#remove(await this.#find());
  }

  /** The apps are others. */
  changed(): void {
    this.#cancel ??= this.#options.clock.after(GRACE_MS, () => {
      this.#cancel = undefined;
      this.done = this.#look();
    });
  }

  close(): void {
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    const found = await this.#find();
    const before = this.#unused;
    this.#unused = new Set(found.filter((dir) => !before.has(dir)));
    if (this.#unused.size > 0) this.changed();
    await this.#remove(found.filter((dir) => before.has(dir)));
  }

  async #find(): Promise<string[]> {
    const { bundlesDir, isShared, used } = this.#options;
    return isShared() ? [] : unusedBundles(bundlesDir, used());
  }

  /** An app may have gone back to a version meanwhile. */
  async #remove(dirs: readonly string[]): Promise<void> {
    for (const dir of dirs) if (!this.#options.used().has(dir)) await removeBundles([dir]);
  }
}
