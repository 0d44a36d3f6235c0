import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({
  name: 'Worker loaders',
  dir: join(import.meta.dirname, 'loader'),
  miniflare: { workerLoaders: { LOADER: {}, OTHER: {} } },
  differences: {
    'get: an entrypoint that is not there': {
      reason: 'as with a service binding',
      nano: { name: 'Error', message: 'The worker has no entrypoint named "Nobody".' },
    },
    'modules: JavaScript among Python': {
      reason: 'there are no Python workers',
      nano: { name: 'TypeError', message: 'Module "a.js" is a JS module, but the main module is a Python module.' },
    },
    'code: too large': {
      reason: 'the limit is lower',
      nano: { name: 'Error', message: 'Dynamic Worker code size (67108868 bytes) exceeds the maximum allowed size of 10485760 bytes.' },
    },
    'code: no JavaScript': {
      reason: 'the engine reads imports before V8 reads the module',
      nano: {
        name: 'Error',
        message: 'Failed to start Worker:\nUncaught SyntaxError: The module cannot be read: it is not valid JavaScript.\n  at main.js',
      },
    },
    'get: nothing as the code': {
      reason: 'workerd names a C++ type',
      nano: { name: 'TypeError', message: "Callback returned incorrect type; expected 'Promise'" },
    },
  },
});
