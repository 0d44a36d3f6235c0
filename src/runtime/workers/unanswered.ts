/** Events that are not answered: cron ticks, batches of messages, what tail workers hear of. What is held here is over when its handler and every waitUntil promise are. */
import { enterEvent } from '../bridge.ts';
import { chunk } from '../link.ts';
import { PromisePrototypeThen, PromiseResolve } from '../primordials.ts';
import { fail, isServiceWorker } from './dispatch.ts';
import { createExecutionContext, type ExecutionContext, hold, release } from './execution-context.ts';
import { callHandler } from './handlers.ts';
import { ScheduledController } from './scheduled-controller.ts';

export function handleScheduled(event: number, scheduledTime: number, cron: string, entrypoint: string): void {
  runHeld(event, (context) => {
    if (isServiceWorker()) return chunk('service').dispatchScheduled(scheduledTime, cron, context);
    return callHandler(entrypoint, 'scheduled', new ScheduledController(scheduledTime, cron), context);
  });
}

export function handleQueue(event: number, head: string, text: string, bytes: ArrayBuffer | undefined, entrypoint: string): void {
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

export function handleTail(event: number, items: string): void {
  runHeld(event, (context) => callHandler('', 'tail', chunk('tail').readTraces(items), context));
}

const runHeld = (event: number, start: (context: ExecutionContext) => unknown): void => {
  enterEvent(event);
  const context = createExecutionContext(event);
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
