/**
 * The Web APIs of an isolate by their specifications, and where they depart from them. For the reference; the globals
 * themselves are named in chunks.ts and, for those of the core, in runtime/globals.ts. `npm run check` compares the two.
 */
export type WebApi = {
  readonly link: string;
  /** Globals, separated by spaces. */
  readonly globals: string;
  /** What to know of a global, or of one of its members: what is otherwise than specified, and why. */
  readonly deviations?: Readonly<Record<string, string>>;
};

const WORKERS = 'As on Workers.';

export const WEB_APIS: Readonly<Record<string, WebApi>> = {
  'Fetch Standard': {
    link: 'https://fetch.spec.whatwg.org/',
    globals: 'fetch Headers Request Response',
    deviations: {
      fetch: `There is no origin: no CORS, no Origin, Referer or User-Agent header that the app did not give, no cookie store, no HTTP cache. ${WORKERS}`,
      'fetch: redirect "manual"': `The redirect is handed over with its status and headers, not as an opaque response. ${WORKERS}`,
      Headers: `Values are any text, and UTF-8 on the wire. No name is forbidden: a server sets Cookie and reads Set-Cookie. getAll("Set-Cookie") is there. ${WORKERS}`,
      Request: `Relative URLs are errors, since there is no document. A stream as body needs no duplex. Methods are turned to upper case. ${WORKERS}`,
      'Request.signal': `Of an incoming request it is aborted when the client goes away, by a compatibility flag. ${WORKERS}`,
      'Request.cf': 'Cloudflare’s own. Of a request from outside it has httpProtocol and clientAcceptEncoding: nobody here knows its country.',
      'Response.webSocket, encodeBody': 'Cloudflare’s own members.',
      'Request, Response of another request':
        'A body that a client or a server sends ends with the request it came in: to read it in another one is the error that it is on Workers. What is in memory, streams, sockets and timers may be used there, which Workers refuse; the response of another request cannot be written to. A promise of a request that is over is never settled, where Workers reject it.',
      'Request, Response: body': `An iterable is a body, by a compatibility flag. Chunks of text in a stream are sent as UTF-8. ${WORKERS}`,
    },
  },
  'Streams Standard': {
    link: 'https://streams.spec.whatwg.org/',
    globals:
      'ByteLengthQueuingStrategy CountQueuingStrategy ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader TransformStream TransformStreamDefaultController WritableStream WritableStreamDefaultController WritableStreamDefaultWriter',
    deviations: {
      'type: "owning" of a ReadableStream':
        'A [proposal](https://github.com/whatwg/streams/blob/main/explainers/streams-for-raw-video.md), beyond the standard: the stream owns its chunks. Each is cloned as it is enqueued, what is in `controller.enqueue(chunk, { transfer })` is moved, and tee() clones. In other streams such a list is a TypeError.',
      'ReadableStreamBYOBRequest.atLeast': 'Cloudflare’s own: how many bytes the read still waits for.',
      'ReadableStreamBYOBReader.readAtLeast()': 'Cloudflare’s own, older spelling of read(view, { min }).',
      autoAllocateChunkSize: `Is 4096 where nothing is said, so that byobRequest is there in every pull(), but for the flag streams_no_default_auto_allocate_chunk_size. ${WORKERS}`,
      'expectedLength of a source or transformer': 'Workers’ own: a body that is the stream has this length.',
      'clone() of a stream as body': 'Of typed arrays only the bytes in view are copied, not the whole buffer.',
    },
  },
  'Compression Streams': {
    link: 'https://compression.spec.whatwg.org/',
    globals: 'CompressionStream DecompressionStream',
    deviations: {
      writable:
        'Some chunks of output are kept before writers wait for a reader, so that `await writer.write()` may come before the first read. Text is taken as UTF-8. As on Workers.',
    },
  },
  'Encoding Standard': {
    link: 'https://encoding.spec.whatwg.org/',
    globals: 'TextDecoder TextDecoderStream TextEncoder TextEncoderStream',
    deviations: { 'Shared buffers': 'There are none unless `shared_memory` in nano.jsonc says so. See SharedArrayBuffer below.' },
  },
  'URL Standard': { link: 'https://url.spec.whatwg.org/', globals: 'URL URLSearchParams' },
  'URL Pattern Standard': { link: 'https://urlpattern.spec.whatwg.org/', globals: 'URLPattern' },
  'File API': {
    link: 'https://w3c.github.io/FileAPI/',
    globals: 'Blob File FileList FileReader',
    deviations: {
      'FileReader, URL.createObjectURL()':
        'There for programs that were written for pages; Workers do not have them. A blob: URL means something to its isolate only, and has no origin.',
      FileList: 'Nothing makes one, since there is no document.',
    },
  },
  'XMLHttpRequest Standard': {
    link: 'https://xhr.spec.whatwg.org/',
    globals: 'FormData ProgressEvent',
    deviations: {
      FormData: 'Takes no form, since there is no document. Nothing else of this standard is there.',
      'formData() of a body': `Lines of multipart/form-data may end with a mere line feed, and there may be text before and after the parts. ${WORKERS}`,
    },
  },
  'Web Cryptography API': {
    link: 'https://w3c.github.io/webcrypto/',
    globals: 'Crypto CryptoKey SubtleCrypto crypto',
    deviations: {
      'crypto.DigestStream, crypto.subtle.timingSafeEqual(), MD5': 'Cloudflare’s own additions. The stream takes crc32, crc32c and crc64nvme, too.',
      'crypto.subtle': 'Always there: secure contexts are a matter of documents.',
    },
  },
  'DOM Standard': {
    link: 'https://dom.spec.whatwg.org/',
    globals: 'AbortController AbortSignal CustomEvent Event EventTarget addEventListener dispatchEvent removeEventListener',
  },
  'HTML Standard': {
    link: 'https://html.spec.whatwg.org/',
    globals:
      'BroadcastChannel CloseEvent ErrorEvent MessageChannel MessageEvent MessagePort Navigator PromiseRejectionEvent WorkerGlobalScope atob btoa clearInterval clearTimeout navigator onerror onrejectionhandled onunhandledrejection queueMicrotask reportError self setInterval setTimeout structuredClone',
    deviations: {
      setTimeout: `A timer belongs to the request that set it, and ends with it. Text as code is refused. ${WORKERS}`,
      structuredClone: 'A Proxy cannot be told from its target: it is cloned as an ordinary object.',
      MessagePort: 'Messages are read when they are posted, so that messageerror is never fired. Ports cannot leave the isolate.',
      BroadcastChannel: 'Reaches the isolate it is in, and no other of the app. A channel is closed when its event ends. Workers do not have it.',
      WorkerGlobalScope: 'The members of the global scope are its own properties.',
      navigator: `userAgent, hardwareConcurrency, language and languages only: no sendBeacon, no platform.`,
      unhandledrejection:
        'Told after the turn, for the first such promise of it. The reason is a copy: a primitive, or an error with name, message and stack; promise is one rejected with it. See decision 17.',
      rejectionhandled:
        'For apps in whose sources the word stands. reason is what the promise was rejected with; promise the one that unhandledrejection had where a listener heard of it, else the real one. Not for promises of derived classes; of errors that are alike in message and stack the first that is handled counts. See decision 17.',
    },
  },
  'WebSockets Standard': {
    link: 'https://websockets.spec.whatwg.org/',
    globals: 'WebSocket',
    deviations: {
      WebSocket: 'accept(), serializeAttachment() and deserializeAttachment() are Cloudflare’s. Relative URLs are errors.',
      'WebSocketPair, fetch: listeners': `One for messages that throws ends the connection, with an error event first. ${WORKERS}`,
    },
  },
  'Server-sent events': {
    link: 'https://html.spec.whatwg.org/multipage/server-sent-events.html',
    globals: 'EventSource',
    deviations: { 'EventSource.from(), fetcher': 'Cloudflare’s own: a source of a stream, and one that asks a service binding.' },
  },
  'High Resolution Time, User Timing, Performance Timeline': {
    link: 'https://w3c.github.io/hr-time/',
    globals: 'Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList performance',
    deviations: {
      'performance.now()': 'Whole milliseconds, as Date.now() has them.',
      PerformanceResourceTiming: 'Not there: its times would be a clock.',
    },
  },
  'Console Standard': {
    link: 'https://console.spec.whatwg.org/',
    globals: 'console',
    deviations: { console: 'Writes lines to the app’s log. The output has no groups to fold: it is indented.' },
  },
  'Web IDL': { link: 'https://webidl.spec.whatwg.org/', globals: 'DOMException QuotaExceededError' },
  WebAssembly: {
    link: 'https://webassembly.github.io/spec/js-api/',
    globals: 'WebAssembly',
    deviations: {
      'WebAssembly.Memory: shared': 'Refused unless `shared_memory` in nano.jsonc says so. See SharedArrayBuffer below.',
      'WebAssembly.Memory': 'Counts as memory of the isolate.',
    },
  },
  'Prioritized Task Scheduling': {
    link: 'https://wicg.github.io/scheduling-apis/',
    globals: 'Scheduler scheduler',
    deviations: { scheduler: `wait() only. ${WORKERS}` },
  },
  'Service Workers': {
    link: 'https://w3c.github.io/ServiceWorker/',
    globals: 'Cache CacheStorage ExtendableEvent FetchEvent ScheduledEvent ServiceWorkerGlobalScope caches',
    deviations: {
      Cache: `Keeps and finds responses by their headers, and has put(), match() and delete() only. caches.default is an app’s own. ${WORKERS}`,
      ScheduledEvent: 'Cloudflare’s own.',
    },
  },
  'Cloudflare’s own': {
    link: 'https://developers.cloudflare.com/workers/runtime-apis/',
    globals: 'Cloudflare FixedLengthStream HTMLRewriter IdentityTransformStream WebSocketPair',
    deviations: {
      'Cloudflare.compatibilityFlags':
        'Which flags are in force, by the names that turn them on. It tells how things are here: what is built one way only is so at every date.',
      HTMLRewriter: 'Nothing is read, and no handler runs, before somebody reads the result.',
    },
  },
};

/** What the language has, but not as it specifies it. */
export const LANGUAGE_DEVIATIONS: Readonly<Record<string, string>> = {
  'eval, Function': `No code from strings, ever. ${WORKERS} There, a flag allows it while the app is loaded.`,
  SharedArrayBuffer:
    'Not there unless `shared_memory` in nano.jsonc says so (decision 23); Workers have it. Then, too, no buffer leaves its isolate: structured clones and messages throw DataCloneError. Views on one are refused where Web IDL does not allow them, which Workers copy; TextDecoder and encodeInto() take them, and so do bindings.',
  'Atomics.wait(), Atomics.waitAsync()': 'Not there; with `shared_memory` wait() throws as on Workers, and the instructions of WebAssembly that wait trap.',
  FinalizationRegistry: 'Is there, but never calls its callback: when memory is reclaimed tells of other code.',
};
