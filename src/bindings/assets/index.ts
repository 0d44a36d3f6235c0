/** Static assets: `env.ASSETS.fetch(request)` on the host, and the sites that answer before the worker. */
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { AppOpenings } from '../../base/openings.ts';
import type { AppRecord } from '../../protocol/engine.ts';
import type { Binding, BindingManifest, Caller, Reply } from '../binding.ts';
import { AssetFiles } from './files.ts';
import { requestOf } from './request.ts';
import { AssetSite } from './site.ts';

/** The assets of all apps of this engine. */
export class AssetSites {
  readonly files: AssetFiles;
  /** By version folder. Whoever serves one keeps it; nobody keeps those of versions that are gone. */
  readonly #sites = new Map<string, WeakRef<AssetSite>>();

  /** @param memoryBytes for the bytes of small files */
  constructor(memoryBytes: number) {
    this.files = new AssetFiles(memoryBytes);
  }

  /** Those of an app's version; undefined where it has none. */
  of(record: AppRecord): AssetSite | undefined {
    if (record.assets === undefined) return undefined;
    const known = this.#sites.get(record.bundleDir)?.deref();
    if (known !== undefined) return known;
    for (const [dir, site] of this.#sites) if (site.deref() === undefined) this.#sites.delete(dir);
    const site = new AssetSite(record, record.assets);
    this.#sites.set(record.bundleDir, new WeakRef(site));
    return site;
  }
}

class AssetsBinding implements Binding {
  readonly #site: AssetSite;
  readonly #files: AssetFiles;
  readonly #openings: AppOpenings | undefined;

  constructor(site: AssetSite, files: AssetFiles, openings: AppOpenings | undefined) {
    this.#site = site;
    this.#files = files;
    this.#openings = openings;
  }

  /** fetch(method, url, headers) → status, statusText, headers, number of the body (0: none) */
  async call(method: string, args: readonly unknown[], caller: Caller): Promise<Reply> {
    const [verb, url, headers] = args;
    if (method !== 'fetch' || typeof verb !== 'string' || typeof url !== 'string' || typeof headers !== 'string') throw invalidCall();
    const request = requestOf(verb, url, headers);
    if (request === undefined) throw new OpError('TypeError', `Invalid URL: ${url}`);
    if (!this.#site.isLoaded) await this.#site.load();
    const { status, statusText, headers: flat, body } = this.#site.answer(request, false);
    if (body === undefined) return [status, statusText, flat, 0];
    const { file, size, start, end } = body;
    const { dir } = this.#site;
    const bytes = this.#files.isKept(size) ? (this.#files.peek(dir, file) ?? (await this.#files.read(dir, file))) : undefined;
    const content = bytes === undefined ? await this.#files.stream(dir, file, start, end, this.#openings) : bytes.subarray(start, end + 1);
    return [status, statusText, flat, caller.giveBody(content, end - start + 1)];
  }
}

export const assetsManifest: BindingManifest = {
  type: 'assets',
  open(_name, _options, { assets, openings }) {
    if (assets === undefined) throw new Error('a binding to assets of an app that has none');
    return new AssetsBinding(assets.site, assets.files, openings);
  },
};
