import { env as imported } from 'cloudflare:workers';

export default {
  fetch(request, env) {
    return Response.json({ ...env, same: imported === env, leaked: 'TEXT' in globalThis, process: typeof process });
  },
};
