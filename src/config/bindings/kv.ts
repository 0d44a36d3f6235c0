/** `kv_namespaces`. @see https://developers.cloudflare.com/workers/wrangler/configuration/#kv-namespaces */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

const namespace = z.looseObject({ binding: z.string().min(1), id: z.string().optional(), preview_id: z.string().optional() });

export const kvKey = bindingKey({
  key: 'kv_namespaces',
  schema: z.array(namespace),
  read: (namespaces, { app }) =>
    namespaces.map(({ binding, id }) => ({
      name: binding,
      type: 'kv',
      // Without an id the namespace is the app's own.
      options: { id: id ?? `${app}-${binding}` },
    })),
});
