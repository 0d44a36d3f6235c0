/** Events, abort signals, performance and scheduler. */
import {
  AbortController,
  AbortSignal,
  addAbortAlgorithm,
  createAbortSignal,
  isAbortSignal,
  removeAbortAlgorithm,
  signalAbort,
  signalAborted,
  signalReason,
} from '../web/abort.ts';
import { CustomEvent } from '../web/custom-event.ts';
import { describe } from '../web/describe-events.ts';
import { ErrorEvent, PromiseRejectionEvent } from '../web/error-event.ts';
import { Event } from '../web/event.ts';
import { EventTarget } from '../web/event-target.ts';
import { installGlobalTarget, tellRejection } from '../web/global-target.ts';
import { CloseEvent, MessageEvent } from '../web/message-event.ts';
import { Performance, performance } from '../web/performance.ts';
import { abortSignal, forgetSignal, signalOf } from '../web/request-signal.ts';
import { Scheduler, scheduler } from '../web/scheduler.ts';
import { provide } from '../link.ts';

const offers = {
  abortSignal,
  addAbortAlgorithm,
  createAbortSignal,
  describe,
  forgetSignal,
  isAbortSignal,
  removeAbortAlgorithm,
  signalAbort,
  signalAborted,
  signalOf,
  signalReason,
  tellRejection,
};

declare module '../link.ts' {
  interface Chunks {
    events: typeof offers;
  }
}

const { addEventListener, dispatchEvent, removeEventListener } = EventTarget.prototype;
installGlobalTarget(globalThis);

provide('events', offers, {
  AbortController,
  AbortSignal,
  CloseEvent,
  CustomEvent,
  ErrorEvent,
  Event,
  EventTarget,
  MessageEvent,
  Performance,
  PromiseRejectionEvent,
  Scheduler,
  addEventListener,
  dispatchEvent,
  performance,
  removeEventListener,
  scheduler,
});
