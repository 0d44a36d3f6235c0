/**
 * The static assets of one version of an app: who answers a request, and with what.
 *
 * Contract: decides as Cloudflare's router and asset workers do, in their order. Added to them, as Cloudflare's edge
 * has it in front: ranges, and compressed variants for those who accept them.
 * @see https://developers.cloudflare.com/workers/static-assets/routing/
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseByteRange } from '../../base/byte-ranges.ts';
import { ASSETS_FILE, ASSETS_VERSION, type AssetFile, type AssetManifest, type AssetSettings, type RedirectRule } from '../../protocol/assets.ts';
import type { AppRecord } from '../../protocol/engine.ts';
import { findIntent, type Lookup } from './intent.ts';
import { compilePattern, fillIn, globMatches, type Pattern } from './pattern.ts';
import { type AssetRequest, decodePath, encodePath } from './request.ts';

export type AssetAnswer = {
  status: number;
  statusText: string;
  /** `name\nvalue\n…` */
  headers: string;
  /** The bytes of the body, where it has one: those of a file from `start` to `end`, both included. */
  body: { file: string; size: number; start: number; end: number } | undefined;
  /** A length to be told to those who asked for the head alone. */
  length: number | undefined;
};

type Content = Lookup & {
  redirects: ReadonlyMap<string, RedirectRule>;
  patterns: readonly { pattern: Pattern; rule: RedirectRule }[];
  headers: readonly { pattern: Pattern; set: readonly (readonly [string, string])[]; unset: readonly string[] }[];
};

type Target = { kind: 'answer'; answer: Head } | { kind: 'file'; file: AssetFile; status: 200 | 404 } | { kind: 'none'; isRewritten: boolean };
type Head = { status: number; location?: string };

const TEXTS: Readonly<Record<number, string>> = { 304: 'Not Modified', 404: 'Not Found', 405: 'Method Not Allowed' };
/** What setting a header costs beside its characters, in characters. */
const LEAST_OF_HEADER = 64;
const CACHE_CONTROL = 'public, max-age=0, must-revalidate';
/** @see https://developers.cloudflare.com/workers/configuration/compatibility-flags/#navigation-requests-prefer-asset-serving */
const NAVIGATION_DATE = '2025-04-01';

export class AssetSite {
  readonly #dir: string;
  readonly #settings: AssetSettings;
  readonly #navigationPrefersAssets: boolean;
  #content: Content | undefined;
  #loading: Promise<void> | undefined;

  constructor(record: AppRecord, settings: AssetSettings) {
    this.#dir = record.bundleDir;
    this.#settings = settings;
    const { compatibilityDate, compatibilityFlags } = record;
    this.#navigationPrefersAssets =
      compatibilityFlags.includes('assets_navigation_prefers_asset_serving') ||
      (compatibilityDate >= NAVIGATION_DATE && !compatibilityFlags.includes('assets_navigation_has_no_effect'));
  }

  /** The version's folder. */
  get dir(): string {
    return this.#dir;
  }

  get isLoaded(): boolean {
    return this.#content !== undefined;
  }

  /** Reads the list of assets. Rejects where there is none: the version is broken. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    const manifest = JSON.parse(await readFile(join(this.#dir, ASSETS_FILE), 'utf8')) as AssetManifest;
    if (manifest.version !== ASSETS_VERSION) throw new Error(`the list of assets is of version ${manifest.version}`);
    this.#content = contentOf(manifest);
  }

  /** Is it the worker that a request is for? Only once it is loaded. */
  isForWorker(request: AssetRequest): boolean {
    const { runWorkerFirst, hasWorker, notFoundHandling } = this.#settings;
    if (!hasWorker) return false;
    if (typeof runWorkerFirst !== 'boolean') {
      if (runWorkerFirst.assets.some((glob) => globMatches(glob, request.pathname))) return false;
      if (runWorkerFirst.worker.some((glob) => globMatches(glob, request.pathname))) return true;
    } else if (runWorkerFirst) return true;
    const isNavigation = this.#navigationPrefersAssets && request.header('sec-fetch-mode') === 'navigate';
    const keepsNotFound = typeof runWorkerFirst !== 'boolean' || isNavigation;
    const target = this.#target(request, keepsNotFound ? notFoundHandling : 'none');
    return target.kind === 'none' && !target.isRewritten;
  }

  /** @param mayEncode the answer goes to a client as it is */
  answer(request: AssetRequest, mayEncode: boolean): AssetAnswer {
    const target = this.#target(request, this.#settings.notFoundHandling);
    const headers = new Map<string, string[]>();
    const custom = this.#customHeaders(request);
    if (target.kind !== 'file') {
      const head: Head = target.kind === 'none' ? { status: 404 } : target.answer;
      if (head.location !== undefined) headers.set('location', [head.location]);
      return finish(head.status, headers, custom, undefined, undefined);
    }
    const { file } = target;
    const range = request.header('range');
    const isHead = request.method === 'HEAD';
    const variant =
      mayEncode && range === undefined && file.variants !== undefined && !custom.some((one) => one.set.some(([name]) => name === 'content-encoding'))
        ? chooseVariant(file, request.header('accept-encoding'))
        : undefined;
    const strong = `"${file.file}"`;
    const weak = `W/${strong}`;
    headers.set('etag', [variant === undefined ? strong : weak]);
    if (file.type !== null) headers.set('content-type', [file.type]);
    if (range === undefined && request.header('authorization') === undefined) headers.set('cache-control', [CACHE_CONTROL]);
    headers.set('cf-cache-status', ['HIT']);
    if (variant !== undefined) headers.set('content-encoding', [variant.encoding]);
    if (mayEncode && file.variants !== undefined) headers.set('vary', ['accept-encoding']);
    const known = request.header('if-none-match');
    if (known === strong || known === weak) return finish(304, headers, custom, undefined, undefined);
    const size = variant?.size ?? file.size;
    const name = variant?.file ?? file.file;
    if (isHead) return finish(target.status, headers, custom, undefined, size);
    const part = target.status === 200 && range !== undefined && isCurrent(request.header('if-range'), strong) ? parseByteRange(range, size) : 'all';
    if (part === 'none') {
      headers.set('content-range', [`bytes */${size}`]);
      return finish(416, headers, custom, undefined, undefined);
    }
    if (part === 'all') return finish(target.status, headers, custom, { file: name, size, start: 0, end: size - 1 }, undefined);
    headers.set('content-range', [`bytes ${part.start}-${part.end}/${size}`]);
    return finish(206, headers, custom, { file: name, size, ...part }, undefined);
  }

  /** Redirects first, then what the path means. */
  #target(request: AssetRequest, notFound: AssetSettings['notFoundHandling']): Target {
    const content = this.#content;
    if (content === undefined) throw new Error('the assets are not loaded');
    const rule = findRedirect(content, request);
    if (rule !== undefined && rule.status !== 200) return { kind: 'answer', answer: { status: rule.status, location: locationOf(rule.to, request) } };
    const base = request.origin + request.pathname;
    const pathname = rule === undefined ? request.pathname : URL.canParse(rule.to, base) ? new URL(rule.to, base).pathname : request.pathname;
    const path = decodePath(pathname);
    const intent = findIntent(path, content, this.#settings.htmlHandling, notFound);
    if (intent === undefined) return { kind: 'none', isRewritten: rule !== undefined };
    if (request.method !== 'GET' && request.method !== 'HEAD') return { kind: 'answer', answer: { status: 405 } };
    const destination = encodePath(intent.redirect ?? path);
    if (intent.file === undefined || destination !== pathname) return { kind: 'answer', answer: { status: 307, location: destination + request.search } };
    return { kind: 'file', file: intent.file, status: intent.status };
  }

  #customHeaders(request: AssetRequest): CustomHeaders[] {
    const found: CustomHeaders[] = [];
    const { allowed, hostname, pathname } = request;
    for (const { pattern, set, unset } of this.#content?.headers ?? []) {
      const values = pattern.match(pattern.isCrossHost ? `https://${hostname}${pathname}` : pathname, allowed);
      if (values === undefined) continue;
      const filled: [string, string][] = [];
      for (const [name, value] of set) {
        allowed.left -= LEAST_OF_HEADER + name.length + value.length;
        const text = allowed.left <= 0 ? undefined : fillIn(value, values, allowed);
        if (text === undefined) break;
        filled.push([name, text]);
      }
      found.push({ set: filled, unset });
    }
    return found;
  }
}

type CustomHeaders = { set: readonly (readonly [string, string])[]; unset: readonly string[] };

function contentOf({ files, redirects, headers }: AssetManifest): Content {
  const folders = files.filter(({ path }) => path.endsWith('/404.html')).map(({ path }) => path.slice(0, -'/404.html'.length));
  return {
    files: new Map(files.map((file) => [file.path, file])),
    notFoundFolders: folders.sort((a, b) => b.length - a.length),
    redirects: new Map(redirects.static.map((rule) => [rule.from, rule])),
    patterns: redirects.dynamic.flatMap((rule) => {
      const pattern = compilePattern(rule.from);
      return pattern === undefined ? [] : [{ pattern, rule }];
    }),
    headers: headers.flatMap(({ path, set, unset }) => {
      const pattern = compilePattern(path);
      return pattern === undefined ? [] : [{ pattern, set, unset }];
    }),
  };
}

function findRedirect({ redirects, patterns }: Content, { pathname, allowed }: AssetRequest): RedirectRule | undefined {
  const exact = redirects.get(pathname);
  if (exact !== undefined) return exact;
  for (const { pattern, rule } of patterns) {
    const values = pattern.match(pathname, allowed);
    const to = values === undefined ? undefined : fillIn(rule.to, values, allowed)?.trim();
    if (to === undefined) continue;
    // What leads to another host stays as it is; slashes in a row would lead to one.
    return { ...rule, to: /^\w+:\/\//.test(to) ? to : to.replace(/\/+/g, '/') };
  }
  return undefined;
}

/** The query is kept where the rule has none of its own. */
function locationOf(to: string, { origin, pathname, search }: AssetRequest): string {
  const base = origin + pathname;
  if (!URL.canParse(to, base)) return to;
  const target = new URL(to, base);
  const query = target.search === '' ? search : target.search;
  if (target.origin === origin) return `${target.pathname}${query}${target.hash}`;
  const { hash } = target;
  target.search = '';
  target.hash = '';
  return `${target.href}${query}${hash}`;
}

/** The smallest that is accepted. */
function chooseVariant({ variants = [], size }: AssetFile, accepted: string | undefined): (typeof variants)[number] | undefined {
  if (accepted === undefined) return undefined;
  const codings = new Set(
    accepted
      .toLowerCase()
      .split(',')
      .filter((one) => !/;\s*q=0(?:\.0*)?\s*$/.test(one))
      .map((one) => one.split(';', 1)[0]?.trim()),
  );
  return variants.find((variant) => codings.has(variant.encoding) && variant.size < size);
}

/** Is what the client has a part of still this? */
function isCurrent(condition: string | undefined, etag: string): boolean {
  return condition === undefined || condition === etag;
}

function finish(
  status: number,
  headers: Map<string, string[]>,
  custom: readonly CustomHeaders[],
  body: AssetAnswer['body'],
  length: number | undefined,
): AssetAnswer {
  const set_ = new Set<string>();
  for (const { set, unset } of custom) {
    for (const name of unset) headers.delete(name.toLowerCase());
    for (const [name, value] of set) {
      // Rules add to each other, and replace what was there before all of them.
      if (set_.has(name)) headers.get(name)?.push(value) ?? headers.set(name, [value]);
      else headers.set(name, [value]);
      set_.add(name);
    }
  }
  const flat: string[] = [];
  for (const [name, values] of headers) {
    if (name === 'set-cookie') for (const value of values) flat.push(name, value);
    else flat.push(name, values.join(', '));
  }
  return { status, statusText: TEXTS[status] ?? '', headers: flat.join('\n'), body: body?.size === 0 ? undefined : body, length };
}
