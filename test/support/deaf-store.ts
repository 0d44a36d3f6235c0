/** A store process that listens, says that it lives, and then hears of nothing any more: for tests of who watches it. */
import type { FromStore, ToStore } from '../../src/protocol/store.ts';
import { ParentChannel } from '../../src/server/parent-channel.ts';

const channel = new ParentChannel<ToStore, FromStore>();

let isAsked = false;
channel.onMessage(() => {
  if (isAsked) return;
  isAsked = true;
  channel.tell({ type: 'alive' });
  // With the system: nothing is written by a thread that waits.
  channel.tell({ type: 'ready' }, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
channel.onEnd(() => process.exit(0));
