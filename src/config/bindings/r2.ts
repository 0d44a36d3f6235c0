/** `r2_buckets`. @see https://developers.cloudflare.com/workers/wrangler/configuration/#r2-buckets */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

const bucket = z.looseObject({
  binding: z.string().min(1),
  bucket_name: z
    .string()
    .regex(BUCKET_NAME, { error: 'The name of a bucket has 3 to 63 lower-case letters, digits and hyphens, and begins and ends with no hyphen.' })
    .optional(),
  preview_bucket_name: z.string().optional(),
  jurisdiction: z.string().optional(),
  remote: z.boolean().optional(),
});

export const r2Key = bindingKey({
  key: 'r2_buckets',
  schema: z.array(bucket),
  read: (buckets, { app }) =>
    buckets.map(({ binding, bucket_name }) => ({
      name: binding,
      type: 'r2',
      // Without a name the bucket is the app's own; as wrangler names those that it makes.
      options: { name: bucket_name ?? ownName(app, binding) },
    })),
});

function ownName(app: string, binding: string): string {
  return `${app}-${binding}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63)
    .padEnd(3, '0');
}
