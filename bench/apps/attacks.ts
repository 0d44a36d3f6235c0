/** What hostile tenants do: one path each of one worker, the same source for every contestant. test/escape has many more. */

export type Attack = {
  path: string;
  what: string;
};

export const ATTACKS: readonly Attack[] = [
  { path: '/loop', what: 'a loop' },
  { path: '/microtasks', what: 'microtasks without end' },
  { path: '/regex', what: 'a regular expression' },
  { path: '/getter', what: 'a getter that loops' },
  { path: '/heap', what: 'a flood of objects' },
  { path: '/buffers', what: 'a flood of array buffers' },
  { path: '/wasm', what: 'WebAssembly memory' },
  { path: '/intl', what: 'Intl objects' },
  { path: '/logs', what: 'a flood of logs' },
  { path: '/connections', what: 'a thousand connections' },
  { path: '/keys', what: 'RSA keys' },
];

/** One call of a built-in that V8 does not interrupt. */
export const UNINTERRUPTIBLE: readonly Attack[] = [
  { path: '/fill', what: 'new Array(2 ** 27).fill({})' },
  { path: '/replace', what: "'a'.repeat(2 ** 28).replaceAll('a', 'bb')" },
];

/** `TO` is a server that answers nothing, on this machine. */
export const HOSTILE = `const kept = [];
const rsa = { name: 'RSA-OAEP', modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
const attacks = {
  '/loop': () => { for (;;); },
  '/microtasks': async () => { for (;;) await 0; },
  '/regex': () => /^(a+)+$/.test('a'.repeat(50) + 'b'),
  '/getter': () => new Response('', { get headers() { for (;;); } }),
  '/heap': () => { for (;;) kept.push(new Array(1000).fill(kept.length)); },
  '/buffers': () => { for (;;) kept.push(new Uint8Array(1 << 20).fill(1)); },
  '/wasm': () => { for (;;) { const memory = new WebAssembly.Memory({ initial: 64 }); new Uint8Array(memory.buffer).fill(1); kept.push(memory); } },
  '/intl': () => { for (;;) kept.push(new Intl.DateTimeFormat('de', { timeZone: 'Europe/Berlin', dateStyle: 'full' })); },
  '/logs': () => { for (let i = 0; i < 1e5; i++) console.log('x'.repeat(1000), i); },
  '/connections': (to) => Promise.race([Promise.allSettled(Array.from({ length: 1000 }, () => fetch(to))), new Promise((resolve) => setTimeout(resolve, 1000))]),
  '/keys': () => Promise.allSettled(Array.from({ length: 50 }, () => crypto.subtle.generateKey(rsa, true, ['encrypt', 'decrypt']))),
  '/fill': () => new Array(2 ** 27).fill({}),
  '/replace': () => 'a'.repeat(2 ** 28).replaceAll('a', 'bb'),
};
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    await attacks[pathname]?.('TO');
    return new Response('ready');
  },
};
`;
