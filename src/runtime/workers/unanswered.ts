/** Events that are not answered: cron ticks, batches of messages, what tail workers hear of. What is held here is over when its handler and every waitUntil promise are. */
import { Entry } from '../../protocol/ops.ts';
import { enterEvent } from '../bridge.ts';
import { chunk } from '../link.ts';
import { PromisePrototypeThen, PromiseResolve } from '../primordials.ts';
import { fail, isServiceWorker } from './dispatch.ts';
import { createExecutionContext, type ExecutionContext, hold, release } from './execution-context.ts';
import { callHandler } from './handlers.ts';
import { readProps } from './props.ts';
import { ScheduledController } from './scheduled-controller.ts';

/** @param kind `Entry.scheduled`, `Entry.queue` or `Entry.tail`, which see */
export function handleUnanswered(kind: number, event: number, args: unknown[]): void {
  if (kind === Entry.scheduled) handleScheduled(event, args);
  else if (kind === Entry.queue) handleQueue(event, args);
  else handleTail(event, args);
}

function handleScheduled(event: number, args: unknown[]): void {
  const { 0: scheduledTime, 1: cron, 2: entrypoint } = args as [number, string, string];
  runHeld(event, (context) => {
    if (isServiceWorker()) return chunk('service').dispatchScheduled(scheduledTime, cron, context);
    return callHandler(entrypoint, 'scheduled', new ScheduledController(scheduledTime, cron), context);
  });
}

function handleQueue(event: number, args: unknown[]): void {
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

function handleTail(event: number, args: unknown[]): void {
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
