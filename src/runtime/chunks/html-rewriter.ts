/** HTMLRewriter. */
import { HTMLRewriter } from '../workers/html-rewriter/html-rewriter.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    'html-rewriter': typeof offers;
  }
}

provide('html-rewriter', offers, { HTMLRewriter });
