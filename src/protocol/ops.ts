/**
 * Every op: what the isolate may ask of the host, and every event the host brings to the isolate.
 *
 * Three kinds of op. `post` is fire-and-forget and costs least. `request` is answered later, with a
 * call number, through `Entry.settle`. `sync` blocks the isolate's thread until the host's I/O thread
 * answers: only where the language leaves no choice.
 *
 * Arguments are primitives and ArrayBuffers (Uint8Array allowed from the isolate). Headers travel as
 * one string, `name\nvalue\nname\nvalue…`: no header name or value can hold a line break.
 * The host treats every argument as hostile.
 */
import type { BindingSlot } from './bindings.ts';

/** Ops without an answer. Sent as (op, event, ...arguments). */
export const Post = {
  /**
   * level: LogLevel, text: string (already formatted), told: string. The last is what tail workers are told in place of the text:
   * JSON text `[values]` or `[values, errors]`, see runtime/workers/told-values.ts.
   */
  log: 0,
  /** Head and, unless it streams, body of the response to a fetch event: see `Responded`. */
  respond: 1,
  /** The event's handler threw or rejected. name, message, stack, then 1 when passThroughOnException was called. */
  threw: 2,
  /** Everything of a held event is over: handler, response body and every waitUntil promise. */
  done: 3,
  /** timer: number, milliseconds: number, the time in the isolate that they count from: number */
  timerStart: 4,
  /** timer: number */
  timerCancel: 5,
  /** source: number. The isolate no longer wants a host body. */
  sourceCancel: 6,
  /** call: number. Abort a `fetch` in flight. */
  fetchAbort: 7,
  /** An exception that no handler caught: name, message, stack, then where it happened ("Uncaught", "Uncaught (in promise)", "waitUntil"). */
  uncaught: 8,
  /** The response's streamed body failed: message. */
  sinkAbort: 9,
  /** The response's streamed body is complete. */
  sinkClose: 10,
  /** A fetch's streamed request body: call, then as for the response. */
  uploadAbort: 11,
  uploadClose: 12,
  /** What a line of `nano eval` or the REPL came to: "value", "undefined" or "error", then its text. See runtime/workers/shell.ts. */
  shell: 13,
  /** The event lasts beyond its response (waitUntil, a streamed body): `done` will follow. Without it the response ends the event. */
  hold: 14,
  /** codec: number. The isolate is done with a compressor or decompressor before its end. */
  codecClose: 15,
  /** text: what the app has said of an event that is no request, since it was last told; see runtime/workers/message-batch.ts and scheduled-controller.ts */
  verdict: 16,
  /** (): what Entry.rejection told of has got its handler: enter with Entry.rejectionHandled when the turn is over. */
  rejectionHandled: 17,
  /** socket: number (the isolate's choice), url (ws: or wss:), protocols (comma-separated). All that follows comes through `Entry.socket`. */
  socketOpen: 20,
  /** socket, data: string, ArrayBuffer or Uint8Array */
  socketSend: 21,
  /** socket, code (0: none), reason */
  socketClose: 22,
  /** socket: its messages may come now, in the event that says so. */
  socketAccept: 23,
  /** headers, socket: the response is a WebSocket. The number is a fetched socket's, which is passed on, or a new one. */
  upgrade: 24,
  /** call, Outcome, payload, ...Passed and number in turn: the answer to `Entry.rpc` */
  rpcReturn: 28,
  /** stub: the isolate needs it no more. */
  rpcRelease: 29,
  /** socket: number. A TCP socket is done with: it is cut, and its number forgotten. */
  tcpClose: 30,
} as const;

/** Ops that are answered later. Sent as (op, event, call, ...arguments). */
export const Request = {
  /** method, url, headers, redirect mode, body kind (BodyKind), body, length, cf → status, statusText, headers, url, redirected, source (0: null body) */
  fetch: 32,
  /** source → Uint8Array chunk, or null at the end */
  sourceRead: 33,
  /** source → the rest, as text (UTF-8 decoded, BOM stripped) */
  sourceText: 34,
  /** source → the rest, as one ArrayBuffer */
  sourceBytes: 35,
  /** Chunk of the response's streamed body: Uint8Array → nothing, when the client can take more. */
  sinkWrite: 36,
  /** call, Uint8Array → nothing, when the upstream can take more */
  uploadWrite: 37,
  /** algorithm name ("SHA-256", …), bytes → ArrayBuffer */
  digest: 38,
  /** Other crypto.subtle work: see runtime/web/crypto. */
  subtle: 39,
  /** specifier, referring module → nothing: the namespace comes through `Entry.imported` first */
  importModule: 40,
  /**
   * CompressionStream and DecompressionStream. codec (the isolate's choice, each higher than all before; its first call opens it), format, 1 to decompress,
   * bytes or null, 1 at the end of the input → bytes or null, 1 when there is more to come: ask again, with null
   */
  codec: 42,
  /** binding: index in env, method, ...arguments → what the method answers. See bindings/ and runtime/workers/bindings. */
  binding: 43,
  /** url, headers, socket, service where it goes to one → as `fetch`; with status 101 the socket of that number is open and waits for socketAccept or upgrade */
  fetchSocket: 48,
  /**
   * service (see protocol/rpc.ts), method, url, headers, body kind, body, length, cf → status, statusText, headers, source (0: none),
   * body where it came at once. Status 0: the callee threw; then name, message.
   */
  serviceFetch: 52,
  /** stub or service, Access, path (see runtime/workers/rpc/path.ts), payload, ...Passed and number in turn → Outcome, payload, ...Passed and number */
  rpcCall: 53,
  /**
   * binding, id → handle of the worker that is loaded under it, or 0;
   * binding, id or undefined, head (JSON of LoadHead), payload of env, its pairs, then the content of each module → handle
   */
  loader: 49,
  /**
   * A TCP socket. socket: number (the isolate's choice), host, port, 1 for TLS; or after these the number of a binding, whose origin is meant
   * → nothing, when it is open
   */
  tcpConnect: 54,
  /** socket → Uint8Array chunk, or null at the end */
  tcpRead: 55,
  /** socket, Uint8Array → nothing, when more can be taken */
  tcpWrite: 56,
  /** socket → nothing, when all that was written has been sent, and that it is all */
  tcpEnd: 57,
  /** socket, host whose certificate is expected where it is another → nothing, when the connection is secure */
  tcpStartTls: 58,
  /** socket → nothing, when the connection is gone; rejects where it broke off */
  tcpClosed: 59,
} as const;

/** Ops that block the isolate. Called as (op, event, ...arguments), answered with a primitive, ArrayBuffer or Uint8Array. */
export const Sync = {
  /** count → ArrayBuffer of random bytes */
  random: 64,
  /** host, 1 when beStrict → ASCII form, or null on failure (UTS #46) */
  domainToAscii: 65,
  /** decoder: number (0: one-shot), label, bytes, flags (1 fatal, 2 ignoreBOM, 4 stream) → string, or null when the input is malformed and fatal */
  decodeText: 66,
  /** text → ArrayBuffer of its UTF-8 encoding: for strings long enough to be worth the trip */
  encodeUtf8: 67,
  /** name → the script of a chunk of the runtime. Answered by src/isolate, which has them. */
  chunk: 68,
  /** → nothing, once the host has dealt with every op before it. */
  barrier: 69,
  /** → the app's compatibility flags, each as `name 1` or `name 0`, in lines. @see flagsInForce */
  flags: 70,
  /** source → how many bytes the host body has in all, or -1 when that is not known */
  sourceLength: 71,
} as const;

/** How a body crosses. */
export const BodyKind = {
  none: 0,
  /** a string, to be encoded as UTF-8 by the host */
  text: 1,
  /** ArrayBuffer or Uint8Array */
  bytes: 2,
  /** A stream in the isolate: chunks follow with sinkWrite or uploadWrite. */
  stream: 3,
  /** A host body passed on untouched (`return fetch(request)`): the source's number. Its bytes never enter the isolate. */
  source: 4,
} as const;

/**
 * Arguments of `Post.respond` after (op, event). With 1 as the last one the body is in the Content-Encoding that the headers name already.
 * The headers of a stream name the length that it keeps to, if any; what the app has said of its length comes in the body's place.
 */
export type Responded = [
  status: number,
  statusText: string,
  headers: string,
  kind: number,
  body: string | ArrayBuffer | Uint8Array | number | undefined,
  isEncoded?: 1,
];

/** What the host brings: the first argument of the isolate's one entry point. */
export const Entry = {
  /**
   * (event, head, source, cf, entrypoint, props, body, env). `head` is method, URL and headers in one string, `method\nurl\nname\nvalue…`,
   * because every string costs a crossing; source 0 is no body on the host; cf and props are JSON text, entrypoint an export's
   * name, body one that is in memory already and env what is there beside the bindings, JSON text of an object; what there is nothing to say about is absent.
   */
  fetch: 0,
  /** (event, then call, ok, number of values, ...values in turn): answers to Request ops. Not ok: (name, message). */
  settle: 1,
  /** (event, timer) */
  timer: 2,
  /** (event, scheduledTime, cron, entrypoint) */
  scheduled: 3,
  /** (event, reason): with a reason, the client went away, and the event goes on; without, the event is over */
  abort: 4,
  /** (0, Load, ...): the steps of loading an app, in the order of the table */
  load: 5,
  /** (event, Shell, ...): `nano eval` and the REPL */
  shell: 6,
  /**
   * (event, head, text, bytes, entrypoint): a batch of messages. `head` is JSON text: queue's name, metrics, and [id, sent, attempts, type,
   * length] of each message; the bodies lie one after the other in `text` and, where there are such, in `bytes`.
   */
  queue: 7,
  /**
   * (event, value), or (event, name, message, stack) for an error: a promise was rejected with it in a turn of the event, and nobody handles it.
   * For apps that listen for that.
   */
  rejection: 9,
  /** (event): what Post.rejectionHandled asked for */
  rejectionHandled: 10,
  /** (event, items, entrypoint, props): what events of other workers have done, as JSON text; see app/trace.ts */
  tail: 14,
  /** (event, socket, SocketEvent, ...): something happened to a WebSocket that the event has open */
  socket: 8,
  /**
   * (event, call, target, Access, path, payload, entrypoint, props, ...Passed and number in turn): a call from another isolate.
   * Target 0 is the entrypoint, others are the isolate's own numbers. To be answered with Post.rpcReturn.
   */
  rpc: 12,
  /** (event, target): nobody has a stub of it any more */
  rpcRelease: 13,
} as const;

/** What `Entry.socket` tells. */
export const SocketEvent = {
  /** (protocol, extensions) */
  opened: 0,
  /** (string or ArrayBuffer, bytes sent since last told) */
  message: 1,
  /** (bytes that have left since last told) */
  sent: 2,
  /** (code, reason, wasClean, failure: what went wrong, empty where nothing did): the last of a socket */
  closed: 3,
} as const;

/** What `Entry.shell` does. */
export const Shell = {
  /** (): what runs next, until another entry, belongs to the event */
  enter: 0,
  /** (line: function, mode: JSON text): runs a line and shows its value as Post.shell */
  show: 1,
  /** (path: JSON text): answers with the names that may follow, as JSON text */
  complete: 2,
} as const;

/** The steps of loading an app into a fresh context. */
export const Load = {
  /** (config: JSON text of LoadConfig, envText: JSON text) */
  configure: 0,
  /** (name, ArrayBuffer): the content of a data module */
  data: 1,
  /** (name, ArrayBuffer): a WebAssembly module to compile */
  wasm: 2,
  /** (): tenant code comes next: the way for built-in modules to reach the runtime closes */
  seal: 3,
  /** (namespace): the evaluated main module; answers with the JSON text of Loaded */
  main: 4,
  /** (): a service-worker script has run; answers as `main` */
  script: 5,
  /** (name, source): a chunk that the app will need. Before `seal`. */
  chunk: 7,
  /** (call, namespace): a dynamically imported module, just before the answer to Request.importModule */
  imported: 6,
  /** (name, text): the content of a text module */
  text: 8,
  /** (name, text): the content of a JSON module */
  json: 9,
  /** (function): the app in the form of a script (see app/script-form.ts), to be run; answers as `main` or `script` */
  run: 10,
  /** (): at any time: answers with the bytes of WebAssembly memory, as decimal digits */
  measure: 11,
  /** (names: lines): compatibility flags that are not as the newest date has them, where there are any; see protocol/compat.ts. Before any chunk. */
  compat: 12,
  /** (payload, JSON text of its pairs and the service that fetches go to): what a loaded worker is given. After `configure`. */
  given: 13,
  /** (name, function, or the text of an error): a CommonJS module, see protocol/commonjs.ts. After `seal`, since it may run code to make the function. */
  commonjs: 14,
} as const;

/** What a context is told before it loads an app. */
export type LoadConfig = {
  format: 'modules' | 'service-worker';
  /** Chunks and their globals (see protocol/chunks.ts), for an app that could get at globals it does not name. */
  globals?: string;
  /** What is in env beside plain values. */
  bindings?: readonly BindingSlot[];
  /** "coarse": time stands still while code runs. */
  timers?: 'coarse' | 'precise';
  /** The app could use Intl or Temporal, whose clocks are coarse, too. */
  hasCalendar?: boolean;
  /** Characters that one turn may log; absent: any number. */
  mostLogged?: number;
  /** A person's session: `env` is a global, so that lines can use it. */
  shell?: boolean;
};

/** What an app turned out to handle: handler names by entrypoint ("default" first). */
export type Loaded = { entrypoints: Record<string, string[]> };

/** The name of the global through which built-in modules reach the runtime until it is sealed. */
export const BOOT_GLOBAL = '__nano';

/** What stands for the message of a rejection whose reason is an object without any: isolated-vm makes no copy of it. */
export const NO_ERROR = 'A promise was rejected with an object that is no error.';

/** Console levels, as numbers on the wire. */
export const LogLevel = { debug: 0, info: 1, log: 2, warn: 3, error: 4 } as const;
export const LOG_LEVELS = ['debug', 'info', 'log', 'warn', 'error'] as const;
