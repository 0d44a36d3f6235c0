/** What `cloudflare:workers` exports beside what the core has. */
import { abortIsolate, cache, DurableObject, env, exports, tracing, WorkflowEntrypoint, withEnv, withEnvAndExports, withExports } from '../workers/imported.ts';
import { provide } from '../link.ts';

const offers = { DurableObject, WorkflowEntrypoint, abortIsolate, cache, env, exports, tracing, withEnv, withEnvAndExports, withExports };

declare module '../link.ts' {
  interface Chunks {
    imported: typeof offers;
  }
}

provide('imported', offers);
