/** navigator. */
import { currentEvent } from '../bridge.ts';
import { Navigator, navigator, setWaitUntil } from '../web/navigator.ts';
import { contextOf, trackContexts } from '../workers/execution-context.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    navigator: typeof offers;
  }
}

trackContexts();
setWaitUntil((promise) => contextOf(currentEvent())?.waitUntil(promise));
provide('navigator', offers, { Navigator, navigator });
