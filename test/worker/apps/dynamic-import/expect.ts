import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  { name: 'import() loads a module of the app, once', json: { loaded: 'lazily', count: 1 } },
  { name: 'import() gives the same namespace again', ask: { path: '/same' }, json: true },
  { name: 'import() of what is not there is rejected', ask: { path: '/missing' }, text: /nowhere\.js/ },
  { name: 'import.meta.url is a file URL that names the module', ask: { path: '/meta' }, text: /^\{"url":"file:\/\/\/[\w/.-]+"\}$/ },
];
