import * as workers from 'cloudflare:workers';

export default {
  async fetch() {
    const hidden = await import(String('no' + 'de:fs')).then(
      () => 'loaded',
      (error) => error.message,
    );
    return Response.json({ names: ['DurableObject', 'RpcTarget', 'WorkerEntrypoint', 'env', 'waitUntil'].filter((name) => name in workers), hidden });
  },
};
