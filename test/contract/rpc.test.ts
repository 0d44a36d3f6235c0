import { join } from 'node:path';
import { contract } from './harness.ts';

const date = { compatibilityDate: '2026-01-20' };

await contract({
  name: 'RPC',
  dir: join(import.meta.dirname, 'rpc'),
  miniflare: {
    ...date,
    serviceBindings: { CALLEE: 'callee', PLAIN: { name: 'callee', entrypoint: 'plain' }, NAMED: { name: 'callee', entrypoint: 'Named', props: { tier: 2 } } },
  },
  apps: { callee: date },
  differences: {
    'stubs: disposers have run once each': { reason: "workerd lets go of the callee's event before its disposers have run", nano: 5 },
  },
});
