import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  {
    name: 'cloudflare:workers is there, the host is not',
    text: /^\{"names":\["DurableObject","RpcTarget","WorkerEntrypoint","env","waitUntil"\],"hidden":"No such module/,
  },
];
