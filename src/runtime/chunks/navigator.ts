/** navigator. */
import { Navigator, navigator } from '../web/navigator.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    navigator: typeof offers;
  }
}

provide('navigator', offers, { Navigator, navigator });
