/**
 * What a client sees when there is no answer of the app's: Cloudflare's plain "error code: 1101" in
 * production, and in development a page with the exception and its stack.
 */
import { ClientErrors, type ClientErrorName } from '../protocol/errors.ts';

export interface ErrorPages {
  /** @param cause what the operator may know of it: the stack of an exception, or a reason */
  render(name: ClientErrorName, requestId: string, html: boolean, cause: string): { type: string; body: string };
}

/** Does the client say it shows pages (a browser, not curl)? */
export function wantsHtml(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}

/** Tells strangers nothing but a code. */
export const productionPages: ErrorPages = {
  render(name) {
    const { code, title, fault } = ClientErrors[name];
    const body = fault === 'app' && code < 2000 ? `error code: ${code}` : `error code: ${code}\n${title}\n`;
    return { type: 'text/plain; charset=UTF-8', body };
  },
};

/** Tells the developer everything. */
export const developerPages: ErrorPages = {
  render(name, requestId, html, cause) {
    const { code, title } = ClientErrors[name];
    if (!html) return { type: 'text/plain; charset=UTF-8', body: `${cause}\n\n${title} (error ${code}, request ${requestId})\n` };
    return { type: 'text/html; charset=UTF-8', body: page(title, code, requestId, cause) };
  },
};

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] as string);

const page = (title: string, code: number, requestId: string, cause: string): string => {
  const [headline = '', ...rest] = cause.split('\n');
  const frames = rest.map((line) => (/^\s+at /.test(line) ? `<span class="frame">${escape(line)}</span>` : escape(line))).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(headline)}</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:4rem auto;padding:0 1.5rem}
h1{font-size:1.4rem;overflow-wrap:anywhere}
pre{font:13px/1.6 ui-monospace,monospace;padding:1rem;border-radius:8px;background:color-mix(in srgb,CanvasText 7%,Canvas);overflow-x:auto}
.frame{opacity:.8}footer{opacity:.65;font-size:.85rem}
</style></head><body>
<h1>${escape(headline)}</h1>
<pre>${frames === '' ? escape(cause) : frames}</pre>
<footer>${escape(title)} · error ${code} · request ${escape(requestId)}</footer>
</body></html>
`;
};
