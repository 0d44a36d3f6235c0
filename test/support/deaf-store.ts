/** A store process that listens, says that it lives, and then hears of nothing any more: for tests of who watches it. */
import type { FromStore } from '../../src/protocol/store.ts';

const tell = (message: FromStore): void => void process.send?.(message);

process.once('message', () => {
  tell({ type: 'alive' });
  tell({ type: 'ready' });
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
