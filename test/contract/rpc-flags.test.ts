import { join } from 'node:path';
import { contract } from './harness.ts';

const compat = { compatibilityDate: '2026-01-19', compatibilityFlags: ['enhanced_error_serialization', 'enable_abortsignal_rpc', 'experimental'] };

await contract({
  name: 'RPC by other flags',
  dir: join(import.meta.dirname, 'rpc-flags'),
  miniflare: { ...compat, serviceBindings: { CALLEE: 'callee' } },
  apps: { callee: compat },
  differences: {
    'structuredClone: own properties of errors': { reason: 'workerd cannot read an error that refers to itself', nano: [true, 'far', 1, true, 'why', true] },
  },
});
