import assert from 'node:assert/strict';
import { join } from 'node:path';
import { NanoProcess } from '../support/nano-process.ts';
import { contract } from './harness.ts';

const VALUE = 'a value äöü';

await contract({
  name: 'Secrets store',
  dir: join(import.meta.dirname, 'secrets-store'),
  miniflare: {
    secretsStoreSecrets: {
      KEY: { store_id: 'shared', secret_name: 'api-key' },
      NONE: { store_id: 'shared', secret_name: 'none' },
      ELSEWHERE: { store_id: 'other', secret_name: 'api-key' },
    },
  },
  seed: async (project, peer) => {
    const put = await new NanoProcess(['secret', 'store', 'put', 'shared', 'api-key'], { cwd: project, input: VALUE }).ended;
    assert.equal(put.code, 0, put.stderr);
    const api = await peer.getSecretsStoreSecretAPI('KEY');
    await api().create(VALUE);
  },
});
