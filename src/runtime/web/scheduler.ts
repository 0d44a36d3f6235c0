/**
 * scheduler.wait: the promise form of setTimeout.
 * @see https://developers.cloudflare.com/workers/runtime-apis/web-standards/
 */
import { chunk } from '../link.ts';
import { newDeferred } from '../primordials.ts';
import { argument, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { dictionary, interfaceOf, long } from '../webidl-types.ts';
import { addAbortAlgorithm, isAbortSignal, removeAbortAlgorithm, signalAborted, signalReason, type AbortSignal } from './abort.ts';

const waitOptions = dictionary<{ signal?: AbortSignal }>('SchedulerWaitOptions', [
  { key: 'signal', converter: interfaceOf<AbortSignal>('AbortSignal', isAbortSignal) },
]);
const INTERNAL = {};

export class Scheduler {
  readonly #brand = true;

  constructor(token: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
  }

  async wait(delay: unknown, options: unknown = undefined): Promise<void> {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, "Failed to execute 'wait' on 'Scheduler'");
    const milliseconds = long(delay, argument('wait', 'Scheduler', 1));
    const { signal } = waitOptions(options, argument('wait', 'Scheduler', 2));
    if (signal !== undefined && signalAborted(signal)) throw signalReason(signal);
    const { promise, resolve, reject } = newDeferred<void>();
    const abort = (reason: unknown): void => {
      chunk('timers').cancelTimer(timer);
      reject(reason);
    };
    const timer = chunk('timers').startTimer(() => {
      if (signal !== undefined) removeAbortAlgorithm(signal, abort);
      resolve();
    }, milliseconds);
    if (signal !== undefined) addAbortAlgorithm(signal, abort);
    // Not the promise itself, whose `then` may be the app's.
    return await promise;
  }
}

defineInterface(Scheduler, 'Scheduler');

/** The one instance, as `globalThis.scheduler`. */
export const scheduler = new Scheduler(INTERNAL);
