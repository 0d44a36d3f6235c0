/**
 * The runtime's chunks: what an isolate loads beyond the core, which is all that the start-up snapshot holds.
 *
 * A chunk is loaded before an app's code when the app's sources name one of its globals, and else on
 * first use. Its entry is src/runtime/chunks/<name>.ts. To add one: a line here and that file.
 * The order counts: a module belongs to the first chunk that reaches it, and a chunk needs only earlier ones.
 */
export type Chunk = {
  /** Chunks that must be there before this one is evaluated, in the order of the table. */
  readonly needs: readonly ChunkName[];
  /** Interface objects it puts in the global scope: not enumerable, as Web IDL says. */
  readonly interfaces?: string;
  /** Operations and attributes it puts there: enumerable. */
  readonly members?: string;
  /** The compatibility flag without which its globals are not there. */
  readonly flag?: string;
};

export const CHUNK_NAMES = [
  'base',
  'timers',
  'events',
  'url',
  'encoding',
  'streams',
  'coders',
  'forms',
  'clone',
  'crypto',
  'digest',
  'fetch',
  'websocket',
  'event-source',
  'data',
  'url-pattern',
  'compression',
  'transfer',
  'messaging',
  'file-reader',
  'blob-urls',
  'integrity',
  'broadcast',
  'scope',
  'user-timing',
  'handlers',
  'rejections',
  'html-rewriter',
  'shared-memory',
  'wasm',
  'navigator',
  'service',
  'inspect',
  'tailed',
  'calendar',
  'bindings',
  'assets',
  'cache',
  'values',
  'unanswered',
  'rpc',
  'imported',
  'cloudflare',
  'dispatch',
  'loader',
  'commonjs',
  'tail',
  'kv',
  'd1',
  'ratelimit',
  'queues',
  'r2',
  'sockets',
  'hyperdrive',
  'analytics',
  'secret',
] as const;
export type ChunkName = (typeof CHUNK_NAMES)[number];

export const CHUNKS: Readonly<Record<ChunkName, Chunk>> = {
  base: { needs: [], interfaces: 'DOMException' },
  timers: { needs: ['base'], members: 'clearInterval clearTimeout queueMicrotask setInterval setTimeout' },
  events: {
    needs: ['base'],
    interfaces: 'AbortController AbortSignal CloseEvent CustomEvent ErrorEvent Event EventTarget MessageEvent Performance PromiseRejectionEvent Scheduler',
    members: 'addEventListener dispatchEvent performance removeEventListener scheduler',
  },
  url: { needs: ['base'], interfaces: 'URL URLSearchParams' },
  encoding: { needs: ['base'], interfaces: 'TextDecoder TextEncoder', members: 'atob btoa' },
  streams: {
    needs: ['base', 'events'],
    interfaces:
      'ByteLengthQueuingStrategy CountQueuingStrategy FixedLengthStream IdentityTransformStream ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader TransformStream TransformStreamDefaultController WritableStream WritableStreamDefaultController WritableStreamDefaultWriter',
  },
  coders: { needs: ['base', 'events', 'encoding', 'streams'], interfaces: 'TextDecoderStream TextEncoderStream' },
  forms: { needs: ['base'], interfaces: 'Blob File FormData' },
  clone: { needs: ['base'], members: 'structuredClone' },
  crypto: { needs: ['base'], interfaces: 'Crypto CryptoKey QuotaExceededError SubtleCrypto', members: 'crypto' },
  /** crypto.DigestStream */
  digest: { needs: ['base', 'events', 'streams', 'crypto'] },
  /** fetch itself, and what requests and responses seldom need. */
  fetch: { needs: ['base', 'url'] },
  websocket: { needs: ['base', 'events', 'url'], interfaces: 'WebSocket WebSocketPair' },
  'event-source': { needs: ['base', 'timers', 'events', 'url', 'encoding', 'streams', 'fetch'], interfaces: 'EventSource' },
  /** data: URLs */
  data: { needs: ['base', 'url', 'encoding', 'forms'] },
  'url-pattern': { needs: ['base', 'url'], interfaces: 'URLPattern' },
  compression: { needs: ['base', 'events', 'encoding', 'streams'], interfaces: 'CompressionStream DecompressionStream' },
  /** Streams in a transfer list, and transfer lists for streams. */
  transfer: { needs: ['base', 'events', 'streams', 'clone'] },
  messaging: { needs: ['base', 'timers', 'events', 'clone'], interfaces: 'MessageChannel MessagePort', flag: 'expose_global_message_channel' },
  'file-reader': { needs: ['base', 'timers', 'events', 'encoding', 'forms'], interfaces: 'FileList FileReader ProgressEvent' },
  'blob-urls': { needs: ['base', 'forms'] },
  /** Requests that name the digest of what they want. */
  integrity: { needs: ['base', 'encoding'] },
  broadcast: { needs: ['base', 'timers', 'events', 'clone'], interfaces: 'BroadcastChannel' },
  /** What the global object is. */
  scope: { needs: ['base', 'events'], interfaces: 'ServiceWorkerGlobalScope WorkerGlobalScope' },
  /** performance.mark and its kind. */
  'user-timing': {
    needs: ['base', 'events', 'clone'],
    interfaces: 'PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList',
  },
  /** onerror and its kind. */
  handlers: { needs: ['base', 'events'] },
  /** Promises that are handled late, for apps that want to know. */
  rejections: { needs: ['base', 'events'] },
  'html-rewriter': { needs: ['base', 'events', 'encoding', 'streams'], interfaces: 'HTMLRewriter' },
  /** SharedArrayBuffer, for apps that may have it: no name of the app's loads this. */
  'shared-memory': { needs: [] },
  wasm: { needs: ['base'], interfaces: 'WebAssembly' },
  navigator: { needs: [], interfaces: 'Navigator', members: 'navigator', flag: 'global_navigator' },
  /** The service-worker format. */
  service: { needs: ['base', 'events'], interfaces: 'ExtendableEvent FetchEvent ScheduledEvent' },
  /** console beyond plain text, and the inside of `nano eval` and the REPL. */
  inspect: { needs: ['base'] },
  /** The values that log lines are made of, for apps that have tail workers: no name of the app's loads this. */
  tailed: { needs: ['base', 'inspect'] },
  /** Intl and Temporal where clocks are coarse. */
  calendar: { needs: [] },
  /** Calls of bindings. The chunks after it have a kind each: they offer `bind(index, name, options)`, which makes the object in env. */
  bindings: { needs: ['base'] },
  assets: { needs: ['base', 'url', 'fetch', 'bindings'] },
  /** The Cache API, which is no binding but calls its host as they do. */
  cache: { needs: ['base', 'url', 'fetch', 'bindings'], interfaces: 'Cache CacheStorage', members: 'caches' },
  /** Events without an answer: cron ticks, batches of messages. */
  unanswered: { needs: [] },
  /** Values as bytes, for what leaves the isolate. */
  values: { needs: ['base', 'clone'] },
  /** Service bindings, stubs, and calls from other isolates. */
  rpc: { needs: ['base', 'clone'] },
  /** What `cloudflare:workers` exports beside classes. */
  imported: { needs: [] },
  /** The global of that name. */
  cloudflare: { needs: [], interfaces: 'Cloudflare' },
  /** Events of tail workers. */
  tail: { needs: [] },
  dispatch: { needs: ['base', 'clone', 'rpc'] },
  /** Workers that a worker loads. */
  loader: { needs: ['base', 'clone', 'rpc'] },
  /** CommonJS modules, and what they require. */
  commonjs: { needs: [] },
  kv: { needs: ['base', 'bindings'] },
  d1: { needs: ['base', 'bindings'] },
  ratelimit: { needs: ['base', 'bindings'] },
  /** Producers and batches. */
  queues: { needs: ['base', 'bindings'] },
  r2: { needs: ['base', 'bindings'] },
  /** `cloudflare:sockets` */
  sockets: { needs: ['base', 'events', 'url', 'encoding', 'streams'] },
  hyperdrive: { needs: ['base', 'events', 'url', 'encoding', 'streams', 'sockets'] },
  analytics: { needs: ['base', 'encoding', 'bindings'] },
  /** Secrets of a store. */
  secret: { needs: ['base', 'bindings'] },
};
