/** TypeScript with a package from npm: POST Markdown, get HTML. The package is bundled; nothing is to be built first. */
import { marked } from 'marked';
import { page } from './page.ts';
import welcome from './welcome.md';

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'POST') {
      const html = await marked.parse(await request.text(), { gfm: true });
      return respond(html);
    }
    return respond(page('Markdown', await marked.parse(welcome)));
  },
};

function respond(html: string): Response {
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
}
