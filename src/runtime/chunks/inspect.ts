/** Any value as text: console, `nano eval` and the REPL. */
import { consoleMethods } from '../web/console-methods.ts';
import { complete, show } from '../workers/shell.ts';
import { provide } from '../link.ts';

const offers = { complete, consoleMethods, show };

declare module '../link.ts' {
  interface Chunks {
    inspect: typeof offers;
  }
}

provide('inspect', offers);
