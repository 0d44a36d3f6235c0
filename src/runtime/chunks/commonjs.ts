/** CommonJS modules. */
import { provide } from '../link.ts';
import { addCommonJs, openCommonJs } from '../workers/commonjs.ts';

const offers = { add: addCommonJs, open: openCommonJs };

declare module '../link.ts' {
  interface Chunks {
    commonjs: typeof offers;
  }
}

provide('commonjs', offers);
