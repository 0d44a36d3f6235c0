import { join } from 'node:path';
import { contract } from './harness.ts';

const compat = { compatibilityDate: '2026-01-19', compatibilityFlags: ['enhanced_error_serialization', 'enable_abortsignal_rpc', 'experimental'] };

const entrypoint = (name: string): { name: string; entrypoint: string } => ({ name: 'callee', entrypoint: name });

await contract({
  name: 'RPC by other flags',
  dir: join(import.meta.dirname, 'rpc-flags'),
  miniflare: { ...compat, serviceBindings: { CALLEE: 'callee', HELLO: entrypoint('Hello'), FAILS: entrypoint('Fails'), PLAIN: entrypoint('plain') } },
  apps: { callee: compat },
  differences: {
    'connect: a handler that throws': { reason: 'to whoever reads, workerd says that it is over', nano: true },
    'structuredClone: own properties of errors': { reason: 'workerd cannot read an error that refers to itself', nano: [true, 'far', 1, true, 'why', true] },
  },
});
