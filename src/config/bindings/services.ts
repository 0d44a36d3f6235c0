/** `services`. @see https://developers.cloudflare.com/workers/wrangler/configuration/#service-bindings */
import { z } from 'zod';
import type { Json } from '../../protocol/bindings.ts';
import { bindingKey } from './kind.ts';

const service = z.looseObject({
  binding: z.string().min(1),
  service: z.string().min(1),
  environment: z.string().optional(),
  entrypoint: z.string().optional(),
  props: z.record(z.string(), z.unknown()).optional(),
});

export const servicesKey = bindingKey({
  key: 'services',
  schema: z.array(service),
  read: (services) =>
    services.map(({ binding, service: name, environment, entrypoint, props }) => {
      // An environment is an app of its own here.
      const options: Record<string, Json> = { service: environment === undefined ? name : `${name}-${environment}` };
      if (entrypoint !== undefined) options['entrypoint'] = entrypoint;
      if (props !== undefined) options['props'] = props as Record<string, Json>;
      return { name: binding, type: 'service', options };
    }),
});
