import { env as imported } from 'cloudflare:workers';

export default {
  fetch(_request, env) {
    return Response.json({ ...env, same: imported === env, leaked: 'TEXT' in globalThis, process: typeof process });
  },
};
