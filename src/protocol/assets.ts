/**
 * Static assets: what the builder leaves in a version's folder for those who serve it.
 *
 * `assets.json` lists them; their bytes lie in `assets/`, named by their content. A request's path is only ever
 * looked up in the list, and never becomes a path of a file.
 */

export const ASSETS_FILE = 'assets.json';
export const ASSETS_DIR = 'assets';
export const ASSETS_VERSION = 1;

/** @see https://developers.cloudflare.com/workers/static-assets/routing/advanced/html-handling/ */
export const HTML_HANDLING = ['auto-trailing-slash', 'force-trailing-slash', 'drop-trailing-slash', 'none'] as const;
export type HtmlHandling = (typeof HTML_HANDLING)[number];

/** @see https://developers.cloudflare.com/workers/wrangler/configuration/#assets */
export const NOT_FOUND_HANDLING = ['single-page-application', '404-page', 'none'] as const;
export type NotFoundHandling = (typeof NOT_FOUND_HANDLING)[number];

/** Globs of paths that go to the assets and of those that go to the worker, whatever there is. */
export type StaticRouting = { assets: readonly string[]; worker: readonly string[] };

/** How an app's assets are served: part of its row. */
export type AssetSettings = {
  htmlHandling: HtmlHandling;
  notFoundHandling: NotFoundHandling;
  runWorkerFirst: boolean | StaticRouting;
  /** Is there code, or are the assets all there is? */
  hasWorker: boolean;
};

/** A file's bytes in another encoding. */
export type AssetVariant = { encoding: 'br' | 'gzip'; file: string; size: number };

export type AssetFile = {
  /** As requests name it, decoded: "/blog/über uns.html". */
  path: string;
  /** Name in the folder of bytes, and entity tag: the content's digest. */
  file: string;
  size: number;
  type: string | null;
  /** The smallest first. */
  variants?: readonly AssetVariant[];
};

/** A rule of `_redirects`. Status 200 serves another asset under the address that was asked for. */
export type RedirectRule = { from: string; to: string; status: number };

/** A rule of `_headers`: for every path that the pattern fits. */
export type HeaderRule = { path: string; set: readonly (readonly [name: string, value: string])[]; unset: readonly string[] };

export type AssetManifest = {
  version: typeof ASSETS_VERSION;
  /** Of all that follows but the variants, which are made of the rest. */
  digest: string;
  files: readonly AssetFile[];
  redirects: { static: readonly RedirectRule[]; dynamic: readonly RedirectRule[] };
  headers: readonly HeaderRule[];
};

/** What may be the name of a file in the folder of bytes. */
export const ASSET_NAME = /^[0-9a-f]{32}(?:\.br|\.gz)?$/;
