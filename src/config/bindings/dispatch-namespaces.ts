/** `dispatch_namespaces`. @see https://developers.cloudflare.com/cloudflare-for-platforms/workers-for-platforms/ */
import { z } from 'zod';
import type { Json } from '../../protocol/bindings.ts';
import { bindingKey } from './kind.ts';

const namespace = z.looseObject({
  binding: z.string().min(1),
  namespace: z.string().min(1),
  outbound: z
    .looseObject({
      service: z.string().min(1),
      environment: z.string().optional(),
      parameters: z.array(z.string().min(1)).optional(),
    })
    .optional(),
});

export const dispatchNamespacesKey = bindingKey({
  key: 'dispatch_namespaces',
  schema: z.array(namespace),
  read: (namespaces) =>
    namespaces.map(({ binding, namespace: name, outbound }) => {
      const options: Record<string, Json> = { namespace: name };
      if (outbound !== undefined) {
        const { service, environment, parameters = [] } = outbound;
        // An environment is an app of its own here.
        options['outbound'] = environment === undefined ? service : `${service}-${environment}`;
        options['parameters'] = parameters;
      }
      return { name: binding, type: 'dispatch', options };
    }),
});
