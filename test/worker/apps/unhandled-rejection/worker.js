class OrderError extends Error {
  name = 'OrderError';
}
const reasons = {
  type: () => new TypeError('no type'),
  own: () => new OrderError('no order'),
  text: () => 'plain',
  none: () => undefined,
  object: () => ({ a: 1 }),
};
let wake;

addEventListener('unhandledrejection', (event) => {
  const { reason, promise } = event;
  event.preventDefault();
  const shown = reason instanceof Error ? [reason.constructor.name, reason.name, reason.message, reason.stack.split('\n')[0]] : [typeof reason, `${reason}`];
  promise.catch((again) => wake?.([event.type, event.isTrusted, again === reason, ...shown, /file:|isolated/.test(reason?.stack ?? '')]));
});
addEventListener('error', () => wake?.('an error event'));

export default {
  async fetch(request) {
    const kind = new URL(request.url).pathname.slice(1);
    if (kind === 'logged') {
      // Not the app's own listener, so nothing cancels it.
      addEventListener('unhandledrejection', (event) => event.stopImmediatePropagation(), { once: true, capture: true });
      Promise.reject(new RangeError('in the log'));
      return new Response('answered');
    }
    if (kind === 'handled') {
      const rejected = Promise.reject(new Error('handled in time'));
      await null;
      await rejected.catch(() => {});
      return new Response('handled');
    }
    if (kind === 'endless') {
      const again = () => void Promise.reject('again');
      addEventListener('unhandledrejection', again);
      Promise.reject('first');
      await new Promise((resolve) => setTimeout(resolve, 50));
      removeEventListener('unhandledrejection', again);
      return new Response('still here');
    }
    Promise.reject(reasons[kind]());
    return Response.json(await new Promise((resolve) => (wake = resolve)));
  },
};
