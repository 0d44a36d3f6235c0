/** A window may end between two calls: then the next one has room for all of them. */
async function within(limit, options, count) {
  for (;;) {
    const before = Math.floor(Date.now() / 60_000);
    const answers = [];
    for (let i = 0; i < count; i++) answers.push((await limit.limit(options(i))).success);
    if (Math.floor(Date.now() / 60_000) === before) return answers;
  }
}

const refusal = async (promise) => {
  try {
    return await promise;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

export const cases = {
  'limit: as often as the limit says': ({ LIMIT }) => within(LIMIT, () => ({ key: `a${Math.floor(Date.now() / 60_000)}` }), 5),
  'limit: keys count for themselves': ({ LIMIT }) => within(LIMIT, (i) => ({ key: `b${i}-${Math.floor(Date.now() / 60_000)}` }), 5),
  'limit: the empty key where none is given': ({ LIMIT }) => LIMIT.limit({}),
  'limit: a limit of its own': ({ LIMIT }) => within(LIMIT, () => ({ key: `c${Math.floor(Date.now() / 60_000)}`, limit: 1 }), 3),
  'limit: nothing passes a limit of 0': ({ LIMIT }) => LIMIT.limit({ key: 'zero', limit: 0 }),
  'limit: the answer has one key': async ({ LIMIT }) => Object.keys(await LIMIT.limit({ key: 'keys' })),
  'limit: without options': ({ LIMIT }) => refusal(LIMIT.limit()),
  'limit: options that are null': ({ LIMIT }) => refusal(LIMIT.limit(null)),
  'limit: options that are text': ({ LIMIT }) => refusal(LIMIT.limit('key')),
  'limit: unknown options': ({ LIMIT }) => refusal(LIMIT.limit({ key: 'x', keys: 1, other: 2 })),
  'limit: a key that is a number': ({ LIMIT }) => refusal(LIMIT.limit({ key: 1 })),
  'limit: a key that is null': ({ LIMIT }) => refusal(LIMIT.limit({ key: null })),
  'limit: a limit that is text': ({ LIMIT }) => refusal(LIMIT.limit({ key: 'x', limit: '1' })),
  'limit: a period that is text': ({ LIMIT }) => refusal(LIMIT.limit({ key: 'x', period: '10' })),
  'limit: a period that is none': ({ LIMIT }) => refusal(LIMIT.limit({ key: 'x', period: 30 })),
  'limit: the other period': ({ BRIEF }) => BRIEF.limit({ key: 'x', period: 60 }),
  'limit: its class': ({ LIMIT }) => [LIMIT.constructor.name, Object.prototype.toString.call(LIMIT)],
  'limit: is a promise, also where it fails': ({ LIMIT }) =>
    LIMIT.limit().then(
      () => 'fulfilled',
      () => 'rejected',
    ),
};
