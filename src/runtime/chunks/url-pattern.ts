/** URLPattern. */
import { URLPattern } from '../web/url-pattern/url-pattern.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    'url-pattern': typeof offers;
  }
}

provide('url-pattern', offers, { URLPattern });
