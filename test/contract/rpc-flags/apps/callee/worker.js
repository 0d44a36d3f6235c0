import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';

class Counter extends RpcTarget {
  #count = 0;
  next() {
    return ++this.#count;
  }
}

export default class extends WorkerEntrypoint {
  counter() {
    return new Counter();
  }

  use(counter) {
    return counter.next();
  }

  throwWithProperties() {
    const error = new RangeError('far', { cause: new TypeError('inner') });
    error.code = 'E_FAR';
    error.details = { list: [1, new Date(5)] };
    throw error;
  }

  throwNamed() {
    class OwnError extends Error {
      name = 'OwnError';
    }
    throw new OwnError('mine');
  }

  throwAggregate() {
    throw new AggregateError([new Error('one'), new TypeError('two')], 'both');
  }

  throwWithFunction() {
    const error = new RangeError('far');
    error.method = () => 1;
    throw error;
  }

  makeError() {
    const error = new SyntaxError('as a value');
    error.extra = 1;
    return { error };
  }

  blob() {
    return new Blob(['of the ', 'callee'], { type: 'text/x' });
  }

  async readBlob({ blob }) {
    return [blob instanceof Blob, blob.type, blob.size, await blob.text()];
  }

  passBack(value) {
    return value;
  }

  state(signal) {
    return [signal instanceof AbortSignal, signal.aborted, signal.reason instanceof Error ? signal.reason.message : (signal.reason ?? null)];
  }

  waitFor(signal) {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve([signal.aborted, signal.reason?.message ?? signal.reason]));
    });
  }

  waitForRequest(request) {
    return this.waitFor(request.signal);
  }
}
