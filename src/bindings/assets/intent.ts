/**
 * Which asset a path means, or where it is to be redirected: the handling of HTML and of what is not found.
 *
 * Contract: step by step what Cloudflare's asset worker decides.
 * @see https://developers.cloudflare.com/workers/static-assets/routing/advanced/html-handling/
 */
import type { AssetFile, HtmlHandling, NotFoundHandling } from '../../protocol/assets.ts';

export type Intent = { file: AssetFile; status: 200 | 404; redirect?: undefined } | { redirect: string; file?: undefined };

export type Lookup = {
  readonly files: ReadonlyMap<string, AssetFile>;
  /** Folders with a 404.html ("" is the root), the deepest first. */
  readonly notFoundFolders: readonly string[];
};

/** @param path decoded */
export function findIntent(path: string, lookup: Lookup, html: HtmlHandling, notFound: NotFoundHandling): Intent | undefined {
  const { files } = lookup;
  /** A redirect to where `file` is served, if it is served there. */
  const redirect = (file: string, destination: string): Intent | undefined => {
    if (files.has(destination)) return undefined;
    const target = byHtmlHandling(destination, files, html, () => undefined) ?? byNotFoundHandling(destination, lookup, notFound);
    return target?.file !== undefined && target.file.file === files.get(file)?.file ? { redirect: destination } : undefined;
  };
  return byHtmlHandling(path, files, html, redirect) ?? byNotFoundHandling(path, lookup, notFound);
}

function byNotFoundHandling(path: string, { files, notFoundFolders }: Lookup, handling: NotFoundHandling): Intent | undefined {
  if (handling === 'none') return undefined;
  if (handling === 'single-page-application') return found(files.get('/index.html'));
  const folder = notFoundFolders.find((one) => path.startsWith(`${one}/`));
  const page = folder === undefined ? undefined : files.get(`${folder}/404.html`);
  return page === undefined ? undefined : { file: page, status: 404 };
}

const found = (file: AssetFile | undefined): Intent | undefined => (file === undefined ? undefined : { file, status: 200 });

type Files = ReadonlyMap<string, AssetFile>;

type Redirect = (file: string, destination: string) => Intent | undefined;
type Rules = (path: string, files: Files, exact: AssetFile | undefined, redirect: Redirect) => Intent | undefined;

/** @param redirect leads nowhere where it is the target of a redirect that is looked at */
function byHtmlHandling(path: string, files: Files, html: HtmlHandling, redirect: Redirect): Intent | undefined {
  return RULES[html](path, files, files.get(path), redirect);
}

const without = (path: string, end: string): string => path.slice(0, -end.length);

const auto: Rules = (path, files, exact, redirect) => {
  if (path.endsWith('/index')) {
    if (exact !== undefined) return found(exact);
    const to = redirect(`${path}.html`, without(path, 'index')) ?? redirect(`${without(path, '/index')}.html`, without(path, '/index'));
    if (to !== undefined) return to;
  } else if (path.endsWith('/index.html')) {
    const to = redirect(path, without(path, 'index.html')) ?? redirect(`${without(path, '/index.html')}.html`, without(path, '/index.html'));
    if (to !== undefined) return to;
  } else if (path.endsWith('/')) {
    const at = found(files.get(`${path}index.html`)) ?? redirect(`${without(path, '/')}.html`, without(path, '/'));
    if (at !== undefined) return at;
  } else if (path.endsWith('.html')) {
    const bare = without(path, '.html');
    const to = redirect(path, bare) ?? redirect(`${bare}/index.html`, `${bare}/`);
    if (to !== undefined) return to;
  }
  return found(exact) ?? found(files.get(`${path}.html`)) ?? redirect(`${path}/index.html`, `${path}/`);
};

const force: Rules = (path, files, exact, redirect) => {
  if (path.endsWith('/index')) {
    if (exact !== undefined) return found(exact);
    const folder = without(path, 'index');
    const to = redirect(`${path}.html`, folder) ?? redirect(`${without(path, '/index')}.html`, folder);
    if (to !== undefined) return to;
  } else if (path.endsWith('/index.html')) {
    const folder = without(path, 'index.html');
    const to = redirect(path, folder) ?? redirect(`${without(path, '/index.html')}.html`, folder);
    if (to !== undefined) return to;
  } else if (path.endsWith('/')) {
    const at = found(files.get(`${path}index.html`)) ?? found(files.get(`${without(path, '/')}.html`));
    if (at !== undefined) return at;
  } else if (path.endsWith('.html')) {
    const bare = without(path, '.html');
    const at = redirect(path, `${bare}/`) ?? found(exact) ?? redirect(`${bare}/index.html`, `${bare}/`);
    if (at !== undefined) return at;
  }
  return found(exact) ?? redirect(`${path}.html`, `${path}/`) ?? redirect(`${path}/index.html`, `${path}/`);
};

const drop: Rules = (path, files, exact, redirect) => {
  if (path.endsWith('/index')) {
    if (exact !== undefined) return found(exact);
    const bare = without(path, '/index');
    const to = path === '/index' ? redirect('/index.html', '/') : (redirect(`${bare}.html`, bare) ?? redirect(`${path}.html`, bare));
    if (to !== undefined) return to;
  } else if (path.endsWith('/index.html')) {
    const bare = without(path, '/index.html');
    // The root keeps its slash.
    const at = path === '/index.html' ? redirect('/index.html', '/') : (redirect(path, bare) ?? found(exact) ?? redirect(`${bare}.html`, bare));
    if (at !== undefined) return at;
  } else if (path.endsWith('/')) {
    const bare = without(path, '/');
    const at = path === '/' ? found(files.get('/index.html')) : (redirect(`${bare}.html`, bare) ?? redirect(`${bare}/index.html`, bare));
    if (at !== undefined) return at;
  } else if (path.endsWith('.html')) {
    const bare = without(path, '.html');
    const to = redirect(path, bare) ?? redirect(`${bare}/index.html`, bare);
    if (to !== undefined) return to;
  }
  return found(exact) ?? found(files.get(`${path}.html`)) ?? found(files.get(`${path}/index.html`));
};

const RULES: Readonly<Record<HtmlHandling, Rules>> = {
  'auto-trailing-slash': auto,
  'force-trailing-slash': force,
  'drop-trailing-slash': drop,
  none: (_path, _files, exact) => found(exact),
};
