/** Shared memory, for apps that may have it. Loaded before tenant code, or not at all. */
import { provide } from '../link.ts';
import { allowSharedMemory } from '../web/shared-memory.ts';

const offers = { isGrowable: allowSharedMemory(globalThis as unknown as Record<string, unknown>) };

declare module '../link.ts' {
  interface Chunks {
    'shared-memory': typeof offers;
  }
}

provide('shared-memory', offers);
