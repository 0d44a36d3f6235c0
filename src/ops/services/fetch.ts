/**
 * `Request.serviceFetch`: a request to another worker.
 *
 * Contract: it belongs to one event, and ends with it; nothing in the arguments is trusted.
 */
import { type BodyArgument, openBody } from '../body-argument.ts';
import { beginCall, endCall } from '../calls.ts';
import type { RequestOp } from '../op.ts';
import { ServiceClient } from '../service-client.ts';
import { serviceMessage } from '../service-message.ts';
import { callingEvent, headOf, originOf, serviceAt } from '../service-target.ts';

export const serviceFetch: RequestOp = async (context, eventId, call, ...args) => {
  const [service, method, url, headers, kind, body, length, cf] = args;
  const event = callingEvent(context, eventId);
  const origin = originOf(context, event);
  const target = serviceAt({ context, event }, service);
  const head = headOf(method, url, headers);
  const controller = beginCall(context.handles, call);
  let opened: BodyArgument | undefined;
  try {
    opened = openBody(context, call, kind, body, length);
    const client = new ServiceClient({ context, event }, String(method));
    controller.signal.addEventListener('abort', () => client.leave());
    context.invoker.fetch(target, origin, serviceMessage(head, opened, cf), client);
    return await client.answer;
  } finally {
    endCall(context.handles, call, opened?.upload);
  }
};
