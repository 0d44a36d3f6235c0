/**
 * AbortController and AbortSignal.
 *
 * Contract: a source knows its dependent signals (those of `AbortSignal.any`) only weakly, except
 * while a dependent has listeners or algorithms; a dependent knows its sources strongly, which is a
 * cycle and no leak. An app may therefore make dependents of a long-lived signal without end.
 *
 * @see https://dom.spec.whatwg.org/#aborting-ongoing-activities
 */
import { chunk } from '../link.ts';
import { ArrayPrototypeFilter, ArrayPrototypePush, WeakRefCtor, WeakRefPrototypeDeref } from '../primordials.ts';
import { argument, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { interfaceOf, sequence, unsignedLongLongEnforceRange } from '../webidl-types.ts';
import { DOMException } from './dom-exception.ts';
import { Event } from './event.ts';
import { defineEventHandler } from './event-handler.ts';
import { EventTarget, connectSignals, dispatchTrusted, hasListener } from './event-target.ts';

/** What runs on abort, before the event. */
export type AbortAlgorithm = (reason: unknown) => void;

/** A source's hold on a dependent: always weak, strong as well while the dependent is listened to. */
type Link = { weak: WeakRef<AbortSignal>; strong: AbortSignal | undefined };
type State = {
  aborted: boolean;
  reason: unknown;
  algorithms: AbortAlgorithm[] | undefined;
  sources: AbortSignal[] | undefined;
  links: Link[] | undefined;
  dependents: Link[] | undefined;
  sweepAt: number;
};

const INTERNAL = {};
let stateOf: (signal: AbortSignal) => State;
let isBranded: (value: unknown) => value is AbortSignal;

export class AbortSignal extends EventTarget {
  #state: State = { aborted: false, reason: undefined, algorithms: undefined, sources: undefined, links: undefined, dependents: undefined, sweepAt: 16 };

  constructor(token: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    super();
  }

  static {
    isBranded = (value): value is AbortSignal => typeof value === 'object' && value !== null && #state in value;
    stateOf = (signal) => {
      if (!isBranded(signal)) throw illegalInvocation();
      return signal.#state;
    };
  }

  /** @see https://dom.spec.whatwg.org/#dom-abortsignal-abort */
  static abort(reason: unknown = undefined): AbortSignal {
    const signal = newSignal();
    const state = stateOf(signal);
    state.aborted = true;
    state.reason = reasonOr(reason);
    return signal;
  }

  /** @see https://dom.spec.whatwg.org/#dom-abortsignal-timeout */
  static timeout(milliseconds: unknown): AbortSignal {
    requireArguments(arguments.length, 1, "Failed to execute 'timeout' on 'AbortSignal'");
    const delay = unsignedLongLongEnforceRange(milliseconds, argument('timeout', 'AbortSignal', 1));
    const signal = newSignal();
    chunk('timers').startTimer(() => signalAbort(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')), delay);
    return signal;
  }

  /** @see https://dom.spec.whatwg.org/#dom-abortsignal-any */
  static any(signals: unknown): AbortSignal {
    requireArguments(arguments.length, 1, "Failed to execute 'any' on 'AbortSignal'");
    return createDependentAbortSignal(toSignals(signals, argument('any', 'AbortSignal', 1)));
  }

  get aborted(): boolean {
    return stateOf(this).aborted;
  }

  get reason(): unknown {
    return stateOf(this).reason;
  }

  throwIfAborted(): void {
    const state = stateOf(this);
    if (state.aborted) throw state.reason;
  }
}

const newSignal = (): AbortSignal => new AbortSignal(INTERNAL);

const reasonOr = (reason: unknown): unknown => (reason === undefined ? new DOMException('The operation was aborted', 'AbortError') : reason);

let isControllerBranded: (value: unknown) => value is AbortController;

export class AbortController {
  #signal: AbortSignal = newSignal();

  static {
    isControllerBranded = (value): value is AbortController => typeof value === 'object' && value !== null && #signal in value;
  }

  get signal(): AbortSignal {
    if (!isObject(this) || !(#signal in this)) throw illegalInvocation();
    return this.#signal;
  }

  /** @see https://dom.spec.whatwg.org/#dom-abortcontroller-abort */
  abort(reason: unknown = undefined): void {
    if (!isObject(this) || !(#signal in this)) throw illegalInvocation();
    signalAbort(this.#signal, reason);
  }
}

export const isAbortSignal = isBranded;

export const isAbortController = isControllerBranded;

const toSignals = sequence(interfaceOf<AbortSignal>('AbortSignal', isAbortSignal));

/** A signal without a controller: the owner aborts it with `signalAbort`. */
export const createAbortSignal = newSignal;

export function signalAborted(signal: AbortSignal): boolean {
  return stateOf(signal).aborted;
}

export function signalReason(signal: AbortSignal): unknown {
  return stateOf(signal).reason;
}

/** Has it listeners or algorithms, so that its abortion would be noticed? */
const isObserved = (signal: AbortSignal, state: State): boolean =>
  (state.algorithms !== undefined && state.algorithms.length > 0) || hasListener(signal, 'abort');

/** Brings the sources' hold on a dependent in line with whether anybody listens to it. */
const updateHold = (signal: AbortSignal): void => {
  const state = stateOf(signal);
  const { links } = state;
  if (links === undefined) return;
  const strong = isObserved(signal, state) ? signal : undefined;
  for (let i = 0; i < links.length; i++) (links[i] as Link).strong = strong;
};

/** Runs `algorithm` when the signal aborts; nothing when it has already. @see https://dom.spec.whatwg.org/#abortsignal-add */
export function addAbortAlgorithm(signal: AbortSignal, algorithm: AbortAlgorithm): void {
  const state = stateOf(signal);
  if (state.aborted) return;
  ArrayPrototypePush((state.algorithms ??= []), algorithm);
  if (state.links !== undefined) updateHold(signal);
}

/** @see https://dom.spec.whatwg.org/#abortsignal-remove */
export function removeAbortAlgorithm(signal: AbortSignal, algorithm: AbortAlgorithm): void {
  const state = stateOf(signal);
  if (state.algorithms === undefined) return;
  state.algorithms = ArrayPrototypeFilter(state.algorithms, (it) => it !== algorithm);
  if (state.links !== undefined) updateHold(signal);
}

/** Aborts a signal and its dependents. @see https://dom.spec.whatwg.org/#abortsignal-signal-abort */
export function signalAbort(signal: AbortSignal, reason?: unknown): void {
  const state = stateOf(signal);
  if (state.aborted) return;
  state.aborted = true;
  state.reason = reasonOr(reason);
  const { dependents } = state;
  if (dependents === undefined) return runAbortSteps(signal, state);
  const toAbort: AbortSignal[] = [];
  for (let i = 0; i < dependents.length; i++) {
    const dependent = WeakRefPrototypeDeref((dependents[i] as Link).weak);
    if (dependent === undefined || stateOf(dependent).aborted) continue;
    stateOf(dependent).aborted = true;
    stateOf(dependent).reason = state.reason;
    ArrayPrototypePush(toAbort, dependent);
  }
  runAbortSteps(signal, state);
  for (let i = 0; i < toAbort.length; i++) runAbortSteps(toAbort[i] as AbortSignal, stateOf(toAbort[i] as AbortSignal));
}

/** https://dom.spec.whatwg.org/#run-the-abort-steps */
const runAbortSteps = (signal: AbortSignal, state: State): void => {
  const { algorithms, reason } = state;
  state.algorithms = state.dependents = state.sources = state.links = undefined;
  if (algorithms !== undefined) for (let i = 0; i < algorithms.length; i++) (algorithms[i] as AbortAlgorithm)(reason);
  if (hasListener(signal, 'abort')) dispatchTrusted(signal, new Event('abort'));
};

/** A signal that aborts with the first of the given ones. @see https://dom.spec.whatwg.org/#create-a-dependent-abort-signal */
export function createDependentAbortSignal(signals: readonly AbortSignal[]): AbortSignal {
  const result = newSignal();
  const own = stateOf(result);
  for (let i = 0; i < signals.length; i++) {
    const state = stateOf(signals[i] as AbortSignal);
    if (!state.aborted) continue;
    own.aborted = true;
    own.reason = state.reason;
    return result;
  }
  own.sources = [];
  own.links = [];
  const weak = new WeakRefCtor(result);
  for (let i = 0; i < signals.length; i++) {
    const signal = signals[i] as AbortSignal;
    const { sources } = stateOf(signal);
    if (sources === undefined) link(signal, own, weak);
    else for (let j = 0; j < sources.length; j++) link(sources[j] as AbortSignal, own, weak);
  }
  return result;
}

const link = (source: AbortSignal, dependent: State, weak: WeakRef<AbortSignal>): void => {
  const sources = dependent.sources as AbortSignal[];
  for (let i = 0; i < sources.length; i++) if (sources[i] === source) return;
  const entry: Link = { weak, strong: undefined };
  ArrayPrototypePush(sources, source);
  ArrayPrototypePush(dependent.links as Link[], entry);
  const state = stateOf(source);
  const dependents = (state.dependents ??= []);
  ArrayPrototypePush(dependents, entry);
  // Collected dependents are swept when their number may have doubled: constant work per signal in the long run.
  if (dependents.length < state.sweepAt) return;
  state.dependents = ArrayPrototypeFilter(dependents, (it) => WeakRefPrototypeDeref(it.weak) !== undefined);
  state.sweepAt = 2 * state.dependents.length + 16;
};

connectSignals(
  {
    isSignal: isBranded,
    isAborted: (signal) => stateOf(signal as AbortSignal).aborted,
    onAbort: (signal, f) => addAbortAlgorithm(signal as AbortSignal, f),
  },
  (target) => {
    if (isBranded(target)) updateHold(target);
  },
);

defineInterface(AbortSignal, 'AbortSignal');
defineEventHandler(AbortSignal.prototype, 'onabort', (self) => (isBranded(self) ? self : undefined));
defineInterface(AbortController, 'AbortController');
