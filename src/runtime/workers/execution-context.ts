/**
 * `ctx`, the second life of an event: waitUntil keeps it open beyond its response.
 *
 * Contract: an event is held from the first waitUntil (or streamed body) until the last of them is
 * settled; then, and only then, Post.done tells the host. An event that was never held ends with its
 * response and costs no further op.
 * @see https://developers.cloudflare.com/workers/runtime-apis/context/
 */
import { Post } from '../../protocol/ops.ts';
import { postFor } from '../bridge.ts';
import { chunk } from '../link.ts';
import { ObjectCreate, PromisePrototypeThen, PromiseResolve } from '../primordials.ts';
import { forgetInbound } from '../web/inbound.ts';
import { errorDetails } from '../web/report-error.ts';
import { argument, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';

const internal = Symbol('internal');

/** One more thing the event waits for. */
export let hold: (context: ExecutionContext) => void;
/** One thing less. */
export let release: (context: ExecutionContext) => void;
let isHeld: (context: ExecutionContext) => boolean;
let requireContext: (value: unknown) => void;
/** Did the app ask for its exceptions to be passed through? */
export let passesThrough: (context: ExecutionContext) => boolean;

export class ExecutionContext {
  #event: number;
  #holds = 0;
  #held = false;
  #passThrough = false;
  readonly props: unknown;

  constructor(key: symbol, event: number, props: unknown) {
    if (key !== internal) throw illegalConstructor();
    this.#event = event;
    this.props = props;
  }

  static {
    hold = (context) => context.#hold();
    release = (context) => context.#release();
    passesThrough = (context) => context.#passThrough;
    isHeld = (context) => context.#held;
    // Mostly a method that was taken out of `ctx`, so that there is no object at all.
    requireContext = (value) => {
      if (!isObject(value) || !(#event in value)) throw illegalInvocation();
    };
  }

  /** Keeps the event alive until `promise` settles; a rejection is logged and changes nothing else. */
  waitUntil(promise: unknown): void {
    requireContext(this);
    requireArguments(arguments.length, 1, argument('waitUntil', 'ExecutionContext', 1));
    this.#hold();
    const settled = (): void => this.#release();
    PromisePrototypeThen(PromiseResolve(promise), settled, (reason) => {
      const details = errorDetails(reason);
      postFor(this.#event, Post.uncaught, details[0], details[1], details[2], 'waitUntil');
      this.#release();
    });
  }

  /** The worker's own entrypoints, as services. */
  get exports(): object {
    requireContext(this);
    return chunk('rpc').ownExports();
  }

  passThroughOnException(): void {
    requireContext(this);
    this.#passThrough = true;
  }

  #hold(): void {
    this.#holds++;
    if (this.#held) return;
    this.#held = true;
    postFor(this.#event, Post.hold);
  }

  #release(): void {
    if (--this.#holds === 0) {
      this.#held = false;
      forgetEvent(this.#event);
      postFor(this.#event, Post.done);
    }
  }
}
defineInterface(ExecutionContext, 'ExecutionContext');

/** The contexts of the events in hand: kept only once the module `cloudflare:workers` is in use, which may ask for them. */
const contexts: Record<number, ExecutionContext> = ObjectCreate(null);
let tracking = false;

export function trackContexts(): void {
  tracking = true;
}

export function contextOf(event: number): ExecutionContext | undefined {
  return contexts[event];
}

/** The event ended with its response. */
export function endContext(event: number, context: ExecutionContext): void {
  if (!isHeld(context)) forgetEvent(event);
}

const forgetEvent = (event: number): void => {
  delete contexts[event];
  forgetInbound(event);
};

/** The context of an event. */
export function createExecutionContext(event: number, props: unknown = {}): ExecutionContext {
  const context = new ExecutionContext(internal, event, props);
  if (tracking) contexts[event] = context;
  return context;
}
