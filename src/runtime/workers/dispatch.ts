/**
 * From an event of the host to the app's handler and back.
 *
 * Contract: every fetch event posts exactly one of Post.respond and Post.threw; nothing here throws
 * to the host.
 */
import { Post } from '../../protocol/ops.ts';
import { enterEvent, postFor } from '../bridge.ts';
import { chunk } from '../link.ts';
import { PromisePrototypeThen, PromiseResolve, StringPrototypeIndexOf, StringPrototypeSlice } from '../primordials.ts';
import { requestFromHost } from '../web/inbound.ts';
import { sendResponse } from '../web/outbound.ts';
import { errorDetails } from '../web/report-error.ts';
import { isObject } from '../webidl.ts';
import { createExecutionContext, endContext, type ExecutionContext, hold, passesThrough, release } from './execution-context.ts';
import { callHandler } from './handlers.ts';
import { ScheduledController } from './scheduled-controller.ts';

let serviceWorker = false;

/** Chooses between exported handlers and global listeners. */
export function setServiceWorker(value: boolean): void {
  serviceWorker = value;
}

export function isServiceWorker(): boolean {
  return serviceWorker;
}

export function handleFetch(event: number, head: string, source: number, cf: string | undefined, entrypoint: string | undefined): void {
  enterEvent(event);
  const methodEnd = StringPrototypeIndexOf(head, '\n');
  const urlEnd = StringPrototypeIndexOf(head, '\n', methodEnd + 1);
  const method = StringPrototypeSlice(head, 0, methodEnd);
  const url = StringPrototypeSlice(head, methodEnd + 1, urlEnd);
  const headers = StringPrototypeSlice(head, urlEnd + 1);
  const context = createExecutionContext(event);
  let result: unknown;
  try {
    const request = requestFromHost(method, url, headers, source, cf ?? '');
    result = serviceWorker ? chunk('service').dispatchFetch(request, context) : callHandler(entrypoint ?? '', 'fetch', request, context);
  } catch (error) {
    return fail(event, context, error);
  }
  if (isThenable(result)) {
    PromisePrototypeThen(
      PromiseResolve(result),
      (response) => respond(event, context, response),
      (error) => fail(event, context, error),
    );
  } else respond(event, context, result);
}

export function handleScheduled(event: number, scheduledTime: number, cron: string, entrypoint: string): void {
  enterEvent(event);
  const context = createExecutionContext(event);
  hold(context);
  const finish = (): void => release(context);
  const failed = (error: unknown): void => {
    fail(event, context, error);
    release(context);
  };
  try {
    if (serviceWorker) {
      chunk('service').dispatchScheduled(scheduledTime, cron, context);
      return finish();
    }
    const result = callHandler(entrypoint, 'scheduled', new ScheduledController(scheduledTime, cron), context);
    PromisePrototypeThen(PromiseResolve(result) as Promise<unknown>, finish, failed);
  } catch (error) {
    failed(error);
  }
}

const respond = (event: number, context: ExecutionContext, response: unknown): void => {
  try {
    const streaming = sendResponse(response, event);
    if (streaming === undefined) return endContext(event, context);
    hold(context);
    const ended = (): void => release(context);
    PromisePrototypeThen(streaming, ended, ended);
  } catch (error) {
    fail(event, context, error);
  }
};

const fail = (event: number, context: ExecutionContext, error: unknown): void => {
  const details = errorDetails(error);
  postFor(event, Post.threw, details[0], details[1], details[2], passesThrough(context) ? 1 : 0);
  endContext(event, context);
};

const isThenable = (value: unknown): value is object => isObject(value) && typeof (value as { then?: unknown }).then === 'function';
