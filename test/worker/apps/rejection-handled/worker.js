class OrderError extends Error {
  name = 'OrderError';
  code = 'E_ORDER';
}
const reasons = { error: () => new OrderError('no order'), text: () => 'plain', object: () => ({ a: 1 }) };

/** What was rejected in an earlier request. */
const kept = new Map();
const told = new Map();
let heard = [];
let wake = () => {};
const log = (...entry) => {
  heard.push(entry);
  wake();
};
const untilHeard = async (count) => {
  while (heard.length < count) await new Promise((resolve) => (wake = resolve));
  const all = heard;
  heard = [];
  return Response.json(all);
};

addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  told.set(event.promise, event.reason);
  log(event.type);
});
addEventListener('rejectionhandled', ({ type, promise, reason, cancelable }) => {
  // Once the listener is done so is what it waited for: the order tells that the handler has run before.
  log(type, cancelable, told.delete(promise), reason instanceof OrderError ? reason.code : reason);
});

const handlers = {
  catch: (promise) => void promise.catch(() => log('handled')),
  await: async (promise) => {
    try {
      await promise;
    } catch {
      log('handled');
    }
  },
};

export default {
  async fetch(request) {
    const [, what, name] = new URL(request.url).pathname.split('/');
    if (what === 'reject') {
      const fail = async () => {
        throw reasons[name]();
      };
      kept.set(name, fail());
      return untilHeard(1);
    }
    if (what === 'answered') {
      // The event is over before its turn is.
      handlers.catch(kept.get(name));
      return new Response('answered');
    }
    if (what === 'heard') return untilHeard(2);
    if (what === 'attribute') {
      globalThis.onrejectionhandled = (event) => log('attribute', event.reason === 'plain');
      handlers.await(kept.get(name));
      const answer = await untilHeard(3);
      globalThis.onrejectionhandled = null;
      return answer;
    }
    if (what === 'left') return Response.json([told.size, heard]);
    if (what === 'intact') return Response.json([Promise.resolve().constructor === Promise, Object.keys(Promise.prototype), Promise.prototype.then.name]);
    handlers[what](kept.get(name));
    return untilHeard(2);
  },
};
