import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({
  name: 'Services',
  dir: join(import.meta.dirname, 'services'),
  miniflare: { serviceBindings: { OTHER: 'other', NAMED: { name: 'other', entrypoint: 'Named', props: { tier: 2 } }, SELF: 'contract' } },
  apps: { other: {} },
});
