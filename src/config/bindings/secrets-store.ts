/**
 * `secrets_store_secrets`: secrets that several apps share, by store and name.
 *
 * Only which secret is meant stands in an app's files; server/store-secrets.ts finds its value.
 * @see https://developers.cloudflare.com/secrets-store/integrations/workers/
 */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

const secret = z.looseObject({ binding: z.string().min(1), store_id: z.string().min(1), secret_name: z.string().min(1) });

export const secretsStoreKey = bindingKey({
  key: 'secrets_store_secrets',
  schema: z.array(secret),
  read: (secrets) =>
    secrets.map(({ binding, store_id, secret_name }) => ({ name: binding, type: 'secret', options: { store: store_id, secret: secret_name, value: null } })),
});
