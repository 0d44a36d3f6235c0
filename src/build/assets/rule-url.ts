/** URLs in `_headers` and `_redirects`: which ones a rule may have, and how they are written down. */

export type UrlOptions = { onlyRelative?: boolean; noPorts?: boolean; search?: boolean; hash?: boolean };

const WITH_HOST = /^https:\/\/+([^/]+)\/?(.*)/;

/** The URL as rules are kept, or what is wrong with it, in Cloudflare's words. */
export function readRuleUrl(
  token: string,
  { onlyRelative = false, noPorts = false, search = false, hash = false }: UrlOptions,
): { url: string } | { fault: string } {
  const absolute = WITH_HOST.exec(token);
  if (absolute !== null) {
    const [, host = '', path = ''] = absolute;
    if (onlyRelative) return { fault: `Only relative URLs are allowed. Skipping absolute URL ${token}.` };
    if (noPorts && /:\d+$/.test(host)) return { fault: `Specifying ports is not supported. Skipping absolute URL ${token}.` };
    const rest = pathOf(path, search, hash);
    return rest === undefined ? { fault: `Error parsing URL segment ${token}. Skipping.` } : { url: `https://${host}${rest}` };
  }
  const relative = onlyRelative && !token.startsWith('/') ? `/${token}` : token;
  if (relative.startsWith('/')) {
    const path = pathOf(relative, search, hash);
    return path === undefined ? { fault: `Error parsing URL segment ${relative}. Skipping.` } : { url: path };
  }
  return {
    fault: onlyRelative
      ? 'URLs should begin with a forward-slash.'
      : 'URLs should either be relative (e.g. begin with a forward-slash), or use HTTPS (e.g. begin with "https://").',
  };
}

export function hasHost(token: string): boolean {
  return WITH_HOST.test(token);
}

/** The path as URLs have it: dots resolved, other characters percent-encoded. */
function pathOf(path: string, search: boolean, hash: boolean): string | undefined {
  const slashed = path.startsWith('/') ? path : `/${path}`;
  try {
    const url = new URL(`//${slashed}`, 'relative://');
    return `${url.pathname}${search ? url.search : ''}${hash ? url.hash : ''}`;
  } catch {
    return undefined;
  }
}
