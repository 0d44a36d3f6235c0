/** `worker_loaders`. @see https://developers.cloudflare.com/workers/runtime-apis/bindings/worker-loader/ */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

export const workerLoadersKey = bindingKey({
  key: 'worker_loaders',
  schema: z.array(z.looseObject({ binding: z.string().min(1) })),
  read: (loaders) => loaders.map(({ binding }) => ({ name: binding, type: 'loader', options: {} })),
});
