globalThis.loads = (globalThis.loads ?? 0) + 1;
export const loaded = 'lazily';
export const count = globalThis.loads;
