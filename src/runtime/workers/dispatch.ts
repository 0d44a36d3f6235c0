/**
 * From an event of the host to the app's handler and back.
 *
 * Contract: every fetch event posts exactly one of Post.respond and Post.threw; nothing here throws
 * to the host.
 */
import { Post } from '../../protocol/ops.ts';
import { enterEvent, postFor } from '../bridge.ts';
import { chunk } from '../link.ts';
import { PromisePrototypeThen, PromiseResolve, StringPrototypeIndexOf, StringPrototypeSlice, TypeErrorCtor } from '../primordials.ts';
import { requestFromHost } from '../web/inbound.ts';
import { sendResponse } from '../web/outbound.ts';
import { isResponse } from '../web/response.ts';
import { errorDetails } from '../web/report-error.ts';
import { isObject } from '../webidl.ts';
import { createExecutionContext, endContext, type ExecutionContext, hold, passesThrough, release } from './execution-context.ts';
import { callHandler } from './handlers.ts';
import { readProps } from './props.ts';

let serviceWorker = false;

/** Chooses between exported handlers and global listeners. */
export function setServiceWorker(value: boolean): void {
  serviceWorker = value;
}

export function isServiceWorker(): boolean {
  return serviceWorker;
}

/** @param args as `Entry.fetch` has them */
export function handleFetch(event: number, args: unknown[]): void {
  enterEvent(event);
  const head = args[0] as string;
  const cf = args[2] as string | undefined;
  const entrypoint = args[3] as string | undefined;
  const methodEnd = StringPrototypeIndexOf(head, '\n');
  const urlEnd = StringPrototypeIndexOf(head, '\n', methodEnd + 1);
  const method = StringPrototypeSlice(head, 0, methodEnd);
  const url = StringPrototypeSlice(head, methodEnd + 1, urlEnd);
  const headers = StringPrototypeSlice(head, urlEnd + 1);
  const context = createExecutionContext(event, readProps(args[4]));
  let result: unknown;
  try {
    const request = requestFromHost(method, url, headers, args[1] as number, cf ?? '', args[5]);
    result = serviceWorker
      ? chunk('service').dispatchFetch(request, context)
      : callHandler(entrypoint ?? '', 'fetch', request, context, args[6] as string | undefined);
  } catch (error) {
    return fail(event, context, error);
  }
  if (isThenable(result)) {
    PromisePrototypeThen(
      PromiseResolve(result),
      (response) => respond(event, context, response),
      (error) => fail(event, context, error),
    );
  } else if (isResponse(result)) respond(event, context, result);
  // workerd's text.
  else fail(event, context, new TypeErrorCtor("Callback returned incorrect type; expected 'Promise'"));
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

/** The event's handler threw. */
export const fail = (event: number, context: ExecutionContext, error: unknown): void => {
  const details = errorDetails(error);
  postFor(event, Post.threw, details[0], details[1], details[2], passesThrough(context) ? 1 : 0);
  endContext(event, context);
};

const isThenable = (value: unknown): value is object => isObject(value) && typeof (value as { then?: unknown }).then === 'function';
