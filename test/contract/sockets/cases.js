const encoder = new TextEncoder();
const decoder = new TextDecoder();

const open = async (env, options, port = env.PORT) => {
  const { connect } = await import('cloudflare:sockets');
  return connect(`127.0.0.1:${port}`, options);
};

/** Opens a socket and says what the server is to do. */
const told = async (env, command, options) => {
  const socket = await open(env, options);
  const writer = socket.writable.getWriter();
  await writer.write(encoder.encode(`${command}\n`));
  return { socket, writer };
};

const outcome = async (work) => {
  try {
    const value = await (typeof work === 'function' ? work() : work);
    return value === undefined ? 'undefined' : value;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

const all = async (readable) => {
  let text = '';
  for await (const chunk of readable) text += decoder.decode(chunk);
  return text;
};

const refused = (...args) =>
  outcome(async () => {
    const { connect } = await import('cloudflare:sockets');
    return typeof connect(...args);
  });

export const cases = {
  'connect: text without a port': () => refused('localhost'),
  'connect: text without a host': () => refused(':80'),
  'connect: empty text': () => refused(''),
  'connect: a number': () => refused(5),
  'connect: a port that is none': () => refused('localhost:99999'),
  'connect: text with a blank': () => refused('a b:80'),
  'connect: text with a path': () => refused('localhost:80/path'),
  'connect: text that is too long': () => refused(`${'a'.repeat(300)}:80`),
  'connect: an object without a port': () => refused({ hostname: 'localhost' }),
  'connect: an object with a port too large': () => refused({ hostname: 'localhost', port: 70_000 }),
  'connect: an object with a negative port': () => refused({ hostname: 'localhost', port: -1 }),
  'connect: an object with a port as text': (env) => refused({ hostname: '127.0.0.1', port: env.PORT }),
  'connect: a host with other characters': () => refused({ hostname: 'a/b', port: 80 }),
  'connect: options that are none': (env) => refused(`127.0.0.1:${env.PORT}`, 5),
  'connect: an unknown secureTransport': (env) => refused(`127.0.0.1:${env.PORT}`, { secureTransport: 'maybe' }),

  'Socket: its shape': async (env) => {
    const socket = await open(env);
    const { opened, closed, readable, writable } = socket;
    return [
      Object.keys(socket),
      Object.getOwnPropertyNames(Object.getPrototypeOf(socket)).sort(),
      String(socket),
      socket.constructor.name,
      socket.upgraded,
      socket.secureTransport,
      [opened === socket.opened, closed === socket.closed, readable === socket.readable, writable === socket.writable],
      [readable instanceof ReadableStream, writable instanceof WritableStream],
      await outcome(() => new socket.constructor()),
    ];
  },
  'opened: tells the address as it was given': async (env) => {
    const { remoteAddress, localAddress, ...rest } = await (await open(env)).opened;
    return [remoteAddress === `127.0.0.1:${env.PORT}`, localAddress ?? null, rest];
  },
  'opened, closed: reject where nobody listens': async (env) => {
    const socket = await open(env, {}, env.CLOSED);
    return [await outcome(socket.opened), await outcome(socket.closed), await outcome(socket.close())];
  },
  'readable: is at its end where nobody listens': async (env) => (await open(env, {}, env.CLOSED)).readable.getReader().read(),
  'opened: rejects with a hint at port 80': async () => {
    const { connect } = await import('cloudflare:sockets');
    return outcome(connect('127.0.0.1:80').opened);
  },
  'opened: rejects for a name that there is not': async () => {
    const { connect } = await import('cloudflare:sockets');
    return outcome(connect('no-such-host.invalid:8000').opened);
  },

  'echo: bytes come back': async (env) => {
    const { socket, writer } = await told(env, 'echo');
    await writer.write(encoder.encode('hello'));
    const { value, done } = await socket.readable.getReader().read();
    return [decoder.decode(value), value.constructor.name, done];
  },
  'echo: text is written as UTF-8': async (env) => {
    const { socket, writer } = await told(env, 'echo');
    await writer.write('grüße');
    await writer.close();
    return all(socket.readable);
  },
  'echo: into a buffer of the reader': async (env) => {
    const { socket, writer } = await told(env, 'echo');
    await writer.write(encoder.encode('hello'));
    const reader = socket.readable.getReader({ mode: 'byob' });
    const first = await reader.read(new Uint8Array(3));
    const second = await reader.read(new Uint8Array(30));
    return [decoder.decode(first.value), decoder.decode(second.value), second.done];
  },
  'writable: all that is written arrives': async (env) => {
    const { socket, writer } = await told(env, 'count');
    for (let i = 0; i < 20; i++) await writer.write(new Uint8Array(50_000));
    await writer.close();
    return all(socket.readable);
  },
  'writable: writes without waiting arrive in order': async (env) => {
    const { socket, writer } = await told(env, 'echo');
    for (let i = 0; i < 50; i++) writer.write(encoder.encode(`${i},`));
    await writer.close();
    return all(socket.readable);
  },
  'writable: nothing but bytes and text': async (env) => {
    const { writer } = await told(env, 'echo');
    return outcome(writer.write({}));
  },
  'writable: an empty chunk': async (env) => {
    const { writer } = await told(env, 'echo');
    return outcome(writer.write(new Uint8Array(0)));
  },
  'writable: its high water mark': async (env) => [
    (await open(env)).writable.getWriter().desiredSize,
    (await open(env, { highWaterMark: 1000 })).writable.getWriter().desiredSize,
  ],
  'readable: a million bytes': async (env) => (await all((await told(env, 'million')).socket.readable)).length,
  'readable: as a response': async (env) => await new Response((await told(env, 'bye')).socket.readable).text(),
  'pipeThrough: as any stream': async (env) => {
    const { socket, writer } = await told(env, 'echo');
    await writer.write(encoder.encode('abc'));
    await writer.close();
    let text = '';
    for await (const part of socket.readable.pipeThrough(new TextDecoderStream())) text += part;
    return text;
  },

  'end: closes the socket': async (env) => {
    const { socket, writer } = await told(env, 'bye');
    const text = await all(socket.readable);
    return [text, await outcome(socket.closed), await outcome(writer.closed)];
  },
  'end: of a BYOB read': async (env) => {
    const { socket } = await told(env, 'bye');
    const reader = socket.readable.getReader({ mode: 'byob' });
    await reader.read(new Uint8Array(10));
    const { value, done } = await reader.read(new Uint8Array(10));
    return [done, value.length];
  },
  'end: leaves the other direction open with allowHalfOpen': async (env) => {
    const { socket, writer } = await told(env, 'bye', { allowHalfOpen: true });
    await all(socket.readable);
    return [await outcome(writer.write(encoder.encode('more'))), await outcome(writer.close())];
  },
  'reset: reads and writes reject': async (env) => {
    const { socket, writer } = await told(env, 'reset');
    return [await outcome(socket.readable.getReader().read()), await outcome(writer.write(new Uint8Array(5)))];
  },

  'close: resolves, and so does closed': async (env) => {
    const { socket } = await told(env, 'echo');
    return [await outcome(socket.close()), await outcome(socket.closed), await outcome(socket.close())];
  },
  'close: a read that waits is told': async (env) => {
    const { socket } = await told(env, 'silent');
    const read = outcome(socket.readable.getReader().read());
    await socket.close();
    return read;
  },
  'close: what was written before is sent': async (env) => {
    const { socket, writer } = await told(env, 'count');
    writer.write(encoder.encode('abc'));
    await socket.close();
    return 'closed';
  },
  'close: takes no locks away and gives none': async (env) => {
    const socket = await open(env);
    await socket.close();
    return [socket.readable.locked, socket.writable.locked];
  },

  'startTls: not without the option': async (env) => {
    const socket = await open(env);
    return outcome(() => socket.startTls());
  },
  'startTls: not twice': async (env) => {
    const socket = await open(env, { secureTransport: 'starttls' });
    const secure = socket.startTls();
    return [secure === socket, secure.secureTransport, await outcome(() => socket.startTls()), await outcome(() => secure.startTls())];
  },
  'startTls: closes the socket it is called on': async (env) => {
    const socket = await open(env, { secureTransport: 'starttls' });
    const secure = socket.startTls();
    const before = [socket.upgraded, secure.upgraded];
    return [before, await outcome(socket.closed), socket.upgraded, socket.secureTransport];
  },
  'startTls: not after close': async (env) => {
    const socket = await open(env, { secureTransport: 'starttls' });
    await socket.close();
    return outcome(() => socket.startTls());
  },
};
