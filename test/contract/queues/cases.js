// What the consumer has seen, and what it is to do with messages, by the word that begins their body.
const seen = [];
const plans = new Map();

const wordOf = (body) => (typeof body === 'string' ? body : body?.word);

export const handlers = {
  async queue(batch, _env, ctx) {
    let plan;
    for (const message of batch.messages) {
      const word = wordOf(message.body);
      seen.push({ queue: batch.queue, word, message, batch, at: Date.now(), attempts: message.attempts });
      plan ??= plans.get(`${batch.queue} ${word}`);
    }
    return plan?.(batch, ctx);
  },
};

const until = async (isThere) => {
  for (let left = 1500; left > 0; left--) {
    const value = isThere();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nothing came');
};
const of = (word, queue = 'main') => seen.filter((one) => one.word === word && one.queue === queue);
/** Waits for so many deliveries, and then whether a further one comes. */
const deliveries = async (word, count, queue = 'main') => {
  await until(() => of(word, queue).length >= count);
  await new Promise((resolve) => setTimeout(resolve, 200));
  return of(word, queue).map(({ attempts }) => attempts);
};
const thrown = async (call) => {
  try {
    await call();
    return 'nothing';
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
/** Sends messages "word", or { word, … }, and has the consumer do something with their batch. */
const planned = async (Q, word, plan, count = 1, queue = 'main') => {
  plans.set(`${queue} ${word}`, plan);
  await Q.sendBatch(Array.from({ length: count }, (_, n) => ({ body: { word, n } })));
};
const received = async (word) => (await until(() => of(word)[0])).message;

const bodies = {
  object: { word: 'object', list: [1, 'two', null, { three: 3.5 }], text: 'é€😀' },
  string: 'string',
};

export const cases = {
  'send: JSON where nothing is said': async ({ Q }) => {
    await Q.send(bodies.object);
    return (await received('object')).body;
  },
  'send: a string as JSON': async ({ Q }) => {
    await Q.send('string');
    return (await received('string')).body;
  },
  'send: what JSON leaves out is left out': async ({ Q }) => {
    await Q.send({ word: 'leaves', f() {}, u: undefined, d: new Date(5), m: new Map([[1, 2]]), n: Number.NaN });
    return (await received('leaves')).body;
  },
  'send: text': async ({ Q }) => {
    await Q.send('text é€😀', { contentType: 'text' });
    return (await received('text é€😀')).body;
  },
  'send: content types in any case': async ({ Q }) => {
    await Q.send('upper', { contentType: 'TEXT' });
    return (await received('upper')).body;
  },
  'send: structured clones': async ({ Q }) => {
    const value = {
      word: 'v8',
      when: new Date(5),
      map: new Map([['a', new Set([1n])]]),
      like: /a/gi,
      bytes: new Uint16Array([1, 2]),
      nothing: undefined,
      error: new RangeError('far'),
    };
    value.self = value;
    await Q.send(value, { contentType: 'v8' });
    const { body } = await received('v8');
    const { when, map, like, bytes, error } = body;
    return [
      when.getTime(),
      [...map.get('a')].map(String),
      String(like),
      [...bytes],
      bytes.constructor.name,
      'nothing' in body,
      body.self === body,
      error instanceof RangeError,
      error.message,
    ];
  },
  'send: bytes': async ({ Q }) => {
    const before = seen.length;
    await Q.send(new Uint8Array([0, 1, 255]), { contentType: 'bytes' });
    const { message } = await until(() => seen.slice(before).find((one) => one.word === undefined));
    return [...new Uint8Array(message.body)];
  },
  'send: bytes arrive as': async ({ Q }) => {
    const before = seen.length;
    await Q.send(new DataView(new ArrayBuffer(4), 1, 2), { contentType: 'bytes' });
    const { message } = await until(() => seen.slice(before).find((one) => one.word === undefined));
    return [message.body.constructor.name, message.body.byteLength];
  },
  'send: takes a buffer, sendBatch copies it': async ({ Q }) => {
    const [one, other] = [new Uint8Array(4), new Uint8Array(4)];
    await Q.send(one, { contentType: 'bytes' });
    await Q.sendBatch([{ body: other, contentType: 'bytes' }]);
    return [one.byteLength, other.byteLength];
  },
  'send: answers with metrics': async ({ Q }) => {
    const { metadata } = await Q.send('metrics');
    return [Object.keys(metadata), typeof metadata.metrics.backlogCount, typeof metadata.metrics.backlogBytes];
  },
  'metrics: numbers': async ({ Q }) => {
    const metrics = await Q.metrics();
    return [typeof metrics.backlogCount, typeof metrics.backlogBytes];
  },
  'send: what is refused': async ({ Q }) => [
    await thrown(() => Q.send()),
    await thrown(() => Q.send(undefined)),
    await thrown(() => Q.send(1, { contentType: 'text' })),
    await thrown(() => Q.send(null, { contentType: 'text' })),
    await thrown(() => Q.send('a', { contentType: 'bytes' })),
    await thrown(() => Q.send({}, { contentType: 'bytes' })),
    await thrown(() => Q.send('a', { contentType: 'xml' })),
    await thrown(() => Q.send(1n)),
  ],
  'send: what has no JSON': async ({ Q }) => [
    await thrown(() => Q.send(() => 1)),
    await thrown(() => Q.send(Symbol('s'))),
    await thrown(() => Q.send({ a: 1n })),
  ],
  'send: options that are none': async ({ Q }) => [
    await thrown(() => Q.send('none', 5)),
    await thrown(() => Q.send('none', 'x')),
    await thrown(() => Q.send('none', null)),
    await thrown(() => Q.send('none', { delaySeconds: Number.NaN })),
    await thrown(() => Q.send('none', { delaySeconds: 1e12 })),
  ],
  'sendBatch: arguments that are none': async ({ Q }) => [
    await thrown(() => Q.sendBatch()),
    await thrown(() => Q.sendBatch('ab')),
    await thrown(() => Q.sendBatch({})),
    await thrown(() => Q.sendBatch([5])),
    await thrown(() => Q.sendBatch([{ body: 'none' }], 5)),
    await thrown(() => Q.sendBatch([{ body: 'none' }], null)),
    await thrown(() => Q.sendBatch([{ body: 'none', delaySeconds: 'x' }])),
  ],
  'retry: options that are none': async ({ Q }) => {
    const said = [];
    await planned(Q, 'retry options', async (batch) => {
      const [message] = batch.messages;
      for (const options of [5, 'x', { delaySeconds: 1e12 }])
        said.push(await thrown(() => message.retry(options)), await thrown(() => batch.retryAll(options)));
    });
    return until(() => said.length === 6 && said);
  },
  'send: what cannot be cloned': async ({ Q }) => [
    await thrown(() => Q.send(() => 1, { contentType: 'v8' })),
    await thrown(() => Q.send(Symbol('s'), { contentType: 'v8' })),
    await thrown(() => Q.send({ p: Promise.resolve() }, { contentType: 'v8' })),
  ],
  'send: an ArrayBuffer is no view': ({ Q }) => thrown(() => Q.send(new ArrayBuffer(1), { contentType: 'bytes' })),
  'send: the largest message and one more': async ({ Q }) => [
    await thrown(() => Q.send('x'.repeat(128_000), { contentType: 'text' })),
    await thrown(() => Q.send('x'.repeat(128_001), { contentType: 'text' })),
    await thrown(() => Q.send('€'.repeat(50_000), { contentType: 'text' })),
  ],
  'send: delays that are refused': async ({ Q }) => [
    await thrown(() => Q.send(1, { delaySeconds: -1 })),
    await thrown(() => Q.send(1, { delaySeconds: 86_401 })),
  ],
  'sendBatch: what is refused': async ({ Q }) => [
    await thrown(() => Q.sendBatch([])),
    await thrown(() => Q.sendBatch([{}])),
    await thrown(() => Q.sendBatch([{ body: 1 }, { body: undefined }])),
    await thrown(() => Q.sendBatch([{ body: 1, contentType: 'text' }])),
    await thrown(() => Q.sendBatch([{ body: 'a', contentType: 'xml' }])),
  ],
  'sendBatch: the most messages and one more': async ({ Q }) => [
    await thrown(() => Q.sendBatch(Array.from({ length: 100 }, () => ({ body: 'many' })))),
    await thrown(() => Q.sendBatch(Array.from({ length: 101 }, () => ({ body: 'many' })))),
  ],
  'sendBatch: too much at once': async ({ Q }) => [
    await thrown(() => Q.sendBatch(Array.from({ length: 3 }, () => ({ body: 'x'.repeat(100_000), contentType: 'text' })))),
    await thrown(() => Q.sendBatch([{ body: 'x'.repeat(128_001), contentType: 'text' }])),
  ],
  'sendBatch: takes any iterable, keeps each type': async ({ Q }) => {
    await Q.sendBatch(
      new Set([{ body: 'set text', contentType: 'text' }, { body: 'set json' }, { body: { word: 'set v8', d: new Date(7) }, contentType: 'v8' }]),
    );
    return [(await received('set text')).body, (await received('set json')).body, (await received('set v8')).body.d.getTime()];
  },
  'a message: its properties': async ({ Q }) => {
    await Q.send({ word: 'properties' });
    const message = await received('properties');
    return [
      Object.keys(message).sort(),
      /^[0-9a-f]{32}$/.test(message.id),
      message.timestamp instanceof Date,
      Math.abs(message.timestamp - Date.now()) < 60_000,
      message.attempts,
      typeof message.ack,
      typeof message.retry,
      message.constructor.name,
    ];
  },
  'a message: its properties are read-only': async ({ Q }) => {
    await Q.send({ word: 'read-only' });
    const message = await received('read-only');
    const refusals = ['id', 'timestamp', 'body', 'attempts'].map((name) => {
      try {
        message[name] = 'another';
        return 'written';
      } catch (error) {
        return error.name;
      }
    });
    return [refusals, message.body, message.attempts];
  },
  'a batch: its properties': async ({ Q }) => {
    await Q.send({ word: 'batch' });
    const { batch } = await until(() => of('batch')[0]);
    return [
      Object.keys(batch).sort(),
      batch.queue,
      Array.isArray(batch.messages),
      Object.keys(batch.metadata),
      typeof batch.ackAll,
      typeof batch.retryAll,
      batch.constructor.name,
    ];
  },
  'delivery: delaySeconds, and the delay of the producer': async ({ Q, LATE }) => {
    const start = Date.now();
    await Q.send('delayed', { delaySeconds: 1 });
    await Q.sendBatch(
      [
        { body: 'delayed alone', delaySeconds: 1 },
        { body: 'delayed not', delaySeconds: 0 },
      ],
      { delaySeconds: 1 },
    );
    await LATE.send('delayed by the producer');
    const after = async (word) => (await until(() => of(word)[0])).at - start >= 900;
    return [await after('delayed'), await after('delayed alone'), await after('delayed not'), await after('delayed by the producer')];
  },
  'outcome: a handler that returns has acknowledged all': async ({ Q }) => {
    await planned(Q, 'returns', () => {}, 2);
    return deliveries('returns', 2);
  },
  'outcome: a handler that throws is tried again, then the message goes to the dead-letter queue': async ({ Q }) => {
    await planned(Q, 'throws', () => {
      throw new Error('not now');
    });
    const attempts = await deliveries('throws', 3);
    const dead = await until(() => of('throws', 'dead')[0]);
    return [
      attempts,
      dead.attempts,
      dead.message.id === of('throws')[0].message.id,
      +dead.message.timestamp === +of('throws')[0].message.timestamp,
      dead.message.body,
    ];
  },
  'outcome: a handler that rejects': async ({ Q }) => {
    await planned(Q, 'rejects', async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (batch.messages[0].attempts === 1) throw new Error('not now');
    });
    return deliveries('rejects', 2);
  },
  'outcome: a rejected promise given to waitUntil': async ({ Q }) => {
    await planned(Q, 'waits', (batch, ctx) => {
      if (batch.messages[0].attempts === 1) ctx.waitUntil(Promise.reject(new Error('later')));
    });
    return deliveries('waits', 2);
  },
  'outcome: retry() of one message': async ({ Q }) => {
    await planned(
      Q,
      'retry',
      (batch) => {
        for (const message of batch.messages) if (message.body.n === 1 && message.attempts === 1) message.retry();
      },
      3,
    );
    return deliveries('retry', 4);
  },
  'outcome: retry() with a delay': async ({ Q }) => {
    await planned(Q, 'retry later', (batch) => {
      if (batch.messages[0].attempts === 1) batch.messages[0].retry({ delaySeconds: 1 });
    });
    const [first, second] = await until(() => of('retry later').length === 2 && of('retry later'));
    return second.at - first.at >= 900;
  },
  'outcome: retryAll()': async ({ Q }) => {
    await planned(
      Q,
      'retryAll',
      (batch) => {
        if (batch.messages[0].attempts === 1) batch.retryAll();
      },
      2,
    );
    return deliveries('retryAll', 4);
  },
  'outcome: retryAll() with a delay': async ({ Q }) => {
    await planned(Q, 'all later', (batch) => {
      if (batch.messages[0].attempts === 1) batch.retryAll({ delaySeconds: 1 });
    });
    const [first, second] = await until(() => of('all later').length === 2 && of('all later'));
    return second.at - first.at >= 900;
  },
  'outcome: retry() after ack() has no effect': async ({ Q }) => {
    await planned(Q, 'ack first', ({ messages: [message] }) => {
      message.ack();
      message.retry();
    });
    return deliveries('ack first', 1);
  },
  'outcome: ack() after retry() has no effect': async ({ Q }) => {
    await planned(Q, 'retry first', ({ messages: [message] }) => {
      if (message.attempts > 1) return;
      message.retry();
      message.ack();
    });
    return deliveries('retry first', 2);
  },
  'outcome: retryAll() after ackAll() has no effect, nor has the reverse': async ({ Q }) => {
    await planned(Q, 'ackAll first', (batch) => {
      batch.ackAll();
      batch.retryAll();
      batch.messages[0].retry();
    });
    const first = await deliveries('ackAll first', 1);
    await planned(Q, 'retryAll first', (batch) => {
      if (batch.messages[0].attempts > 1) return;
      batch.retryAll();
      batch.ackAll();
      batch.messages[0].ack();
    });
    return [first, await deliveries('retryAll first', 2)];
  },
  'outcome: ackAll() holds against retry() before it': async ({ Q }) => {
    await planned(
      Q,
      'mixed',
      (batch) => {
        if (batch.messages[0].attempts > 1) return;
        batch.messages[0].retry();
        batch.ackAll();
      },
      2,
    );
    return deliveries('mixed', 3);
  },
  'outcome: ack() holds against a handler that throws': async ({ Q }) => {
    await planned(
      Q,
      'ack and throw',
      (batch) => {
        if (batch.messages[0].attempts > 1) return;
        batch.messages[0].ack();
        throw new Error('later');
      },
      2,
    );
    return deliveries('ack and throw', 3);
  },
  'outcome: ack() holds against retryAll()': async ({ Q }) => {
    await planned(
      Q,
      'ack and retryAll',
      (batch) => {
        if (batch.messages[0].attempts > 1) return;
        batch.messages[0].ack();
        batch.retryAll();
      },
      2,
    );
    return deliveries('ack and retryAll', 3);
  },
  'outcome: ackAll() holds against a handler that throws': async ({ Q }) => {
    await planned(Q, 'ackAll and throw', (batch) => {
      batch.ackAll();
      if (batch.messages[0].attempts === 1) throw new Error('later');
    });
    return deliveries('ackAll and throw', 1);
  },
};
