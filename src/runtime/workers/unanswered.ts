/** Events that are not answered: cron ticks, batches of messages, what tail workers hear of. What is held here is over when its handler and every waitUntil promise are. */
import { enterEvent } from '../bridge.ts';
import { chunk } from '../link.ts';
import { PromisePrototypeThen, PromiseResolve } from '../primordials.ts';
import { fail, isServiceWorker } from './dispatch.ts';
import { createExecutionContext, type ExecutionContext, hold, release } from './execution-context.ts';
import { callHandler } from './handlers.ts';
import { readProps } from './props.ts';
import { ScheduledController } from './scheduled-controller.ts';

/** See Entry.scheduled, as for the others. */
export function handleScheduled(event: number, args: unknown[]): void {
  const { 0: scheduledTime, 1: cron, 2: entrypoint } = args as [number, string, string];
  runHeld(event, (context) => {
    if (isServiceWorker()) return chunk('service').dispatchScheduled(scheduledTime, cron, context);
    return callHandler(entrypoint, 'scheduled', new ScheduledController(scheduledTime, cron), context);
  });
}

export function handleQueue(event: number, args: unknown[]): void {
  const { 0: head, 1: text, 2: bytes, 3: entrypoint } = args as [string, string, ArrayBuffer | undefined, string];
  runHeld(event, (context) => {
    const open = chunk('queues').openBatch(event, head, text, bytes);
    try {
      return isServiceWorker() ? chunk('service').dispatchQueue(open, context) : callHandler(entrypoint, 'queue', open.batch, context);
    } catch (error) {
      // What has been said of messages counts all the same.
      open.flush();
      throw error;
    }
  });
}

export function handleTail(event: number, args: unknown[]): void {
  const { 0: items, 1: entrypoint = '', 2: props } = args as [string, string | undefined, unknown];
  runHeld(event, (context) => callHandler(entrypoint, 'tail', chunk('tail').readTraces(items), context), readProps(props));
}

const runHeld = (event: number, start: (context: ExecutionContext) => unknown, props: unknown = {}): void => {
  enterEvent(event);
  const context = createExecutionContext(event, props);
  hold(context);
  const failed = (error: unknown): void => {
    fail(event, context, error);
    release(context);
  };
  try {
    PromisePrototypeThen(PromiseResolve(start(context)) as Promise<unknown>, () => release(context), failed);
  } catch (error) {
    failed(error);
  }
};
