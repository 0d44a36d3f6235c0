let count = 0;
globalThis.seen ??= 0;
export default { fetch: () => new Response(`${++count} ${++globalThis.seen}`) };
