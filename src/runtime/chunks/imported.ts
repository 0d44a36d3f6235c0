/** What `cloudflare:workers` exports beside classes. */
import { abortIsolate, cache, env, exports, tracing, withEnv, withEnvAndExports, withExports } from '../workers/imported.ts';
import { provide } from '../link.ts';

const offers = { abortIsolate, cache, env, exports, tracing, withEnv, withEnvAndExports, withExports };

declare module '../link.ts' {
  interface Chunks {
    imported: typeof offers;
  }
}

provide('imported', offers);
