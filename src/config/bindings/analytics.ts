/** `analytics_engine_datasets`. @see https://developers.cloudflare.com/analytics/analytics-engine/get-started/ */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

const dataset = z.looseObject({ binding: z.string().min(1), dataset: z.string().min(1).optional() });

export const analyticsKey = bindingKey({
  key: 'analytics_engine_datasets',
  schema: z.array(dataset),
  read: (datasets) => datasets.map(({ binding, dataset: name }) => ({ name: binding, type: 'analytics', options: { dataset: name ?? binding } })),
});
