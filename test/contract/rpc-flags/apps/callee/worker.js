import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';

class Counter extends RpcTarget {
  #count = 0;
  next() {
    return ++this.#count;
  }
}

const text = (value) => new TextEncoder().encode(value);

export class Hello extends WorkerEntrypoint {
  async connect(socket) {
    const writer = socket.writable.getWriter();
    await writer.write(text('hello, '));
    await writer.write(text('world'));
    await writer.close();
  }
}

export class Fails extends WorkerEntrypoint {
  connect() {
    throw new RangeError('no connection');
  }
}

export const plain = {
  async connect(socket, env, ctx) {
    const writer = socket.writable.getWriter();
    await writer.write(text(`${typeof env} ${typeof ctx.waitUntil}`));
    await writer.close();
  },
};

export default class extends WorkerEntrypoint {
  async connect(socket) {
    await socket.readable.pipeTo(socket.writable);
  }

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
