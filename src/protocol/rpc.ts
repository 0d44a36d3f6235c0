/**
 * Calls between isolates: the words that both isolates and the host between them share.
 *
 * A call carries a payload, which only the two isolates understand, and beside it a list of things that are no data:
 * pairs of a kind and a number. The host translates each number from what it means to the sender to what it means
 * to the receiver; a payload names them by their position.
 * @see https://developers.cloudflare.com/workers/runtime-apis/rpc/
 */

/** What the number beside a payload stands for. */
export const Passed = {
  /** Sender to host: an object or function of the sender's, by the number it has given it. The receiver gets a `stub`. */
  target: 0,
  /** A stub: a handle of the sender's, and then one of the receiver's. */
  stub: 1,
  /** A service: below zero a binding, else a handle; see `serviceNumber`. */
  service: 2,
  /** Sender to host: a stream that the sender uploads under this number. The receiver gets a `source`. */
  stream: 3,
  /** A host body's source. */
  source: 4,
} as const;

/** What is done with what the path of a call leads to. */
export const Access = { call: 0, get: 1, /** Of a service only: its `connect` handler is run, with an address and the ends of a line. */ connect: 2 } as const;

/** What came of a call. */
export const Outcome = {
  threw: 0,
  returned: 1,
  /** The last thing beside the payload is a stub whose end is the end of the result: the callee has a disposer for it. */
  returnedDisposable: 2,
} as const;

/** How a binding is named where a handle could be. */
export const serviceNumber = (binding: number): number => -1 - binding;

/** In place of a binding's number: an entrypoint of the calling app itself; its name, the text of its props and the services in them follow. */
export const OWN_EXPORT = 'exports';

/** Likewise: a worker that the calling event has loaded; its handle, an entrypoint, two limits, and props as above follow. */
export const LOADED_WORKER = 'loaded';

/** What a loaded worker's fetches come to. */
export const Outbound = { inherited: 0, none: 1, service: 2 } as const;

/** The head of Request.loaderLoad, as JSON. */
export type LoadHead = {
  compatibilityDate: string;
  compatibilityFlags: string[];
  mainModule: string;
  /** Name and type (ModuleType) of each module. */
  modules: [name: string, type: string][];
  outbound: number;
  /** The service of `Outbound.service`. */
  service?: number | string;
  /** Services whose tail handlers hear what it does. */
  tails: (number | string)[];
  cpuMs: number | null;
  subrequests: number | null;
  /** Numbers and kinds beside the payload of `env`. */
  pairs: number;
};

/** Bytes of a payload. @see https://developers.cloudflare.com/workers/runtime-apis/rpc/#limitations */
export const MOST_PAYLOAD_BYTES = 32 * 1024 * 1024;
/** Things beside one payload. */
export const MOST_PASSED = 1024;
