/** `dispatch_namespaces`. @see https://developers.cloudflare.com/cloudflare-for-platforms/workers-for-platforms/ */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

const namespace = z.looseObject({
  binding: z.string().min(1),
  namespace: z.string().min(1),
  outbound: z
    .custom<undefined>((value) => value === undefined, {
      error: 'Outbound workers of dispatch namespaces are not supported: remove "outbound", or narrow what the apps may reach with "egress".',
    })
    .optional(),
});

export const dispatchNamespacesKey = bindingKey({
  key: 'dispatch_namespaces',
  schema: z.array(namespace),
  read: (namespaces) => namespaces.map(({ binding, namespace: name }) => ({ name: binding, type: 'dispatch', options: { namespace: name } })),
});
