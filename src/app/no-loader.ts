/** For an app that is run by itself. */
import { OpError } from '../base/op-error.ts';
import type { WorkerLoader } from '../ports/worker-loader.ts';

export const NO_LOADER: WorkerLoader = {
  find: () => undefined,
  load: () => Promise.reject(new OpError('Error', 'Workers cannot be loaded here.')),
};
