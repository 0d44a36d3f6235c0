const failure = async (work) => {
  try {
    await work();
    return 'nothing';
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

export const handlers = { greet: (name) => `hello, ${name}` };

export const cases = {
  'timers: in the order of their times': async () => {
    const seen = [];
    for (const delay of [23, 21, 20, 22, 21, 20]) setTimeout(() => seen.push(delay), delay);
    await scheduler.wait(30);
    return seen;
  },
  'exports: what is there': (_env, _ctx, _request, workers) =>
    [
      'DurableObject',
      'RpcPromise',
      'RpcProperty',
      'RpcStub',
      'RpcTarget',
      'ServiceStub',
      'WorkerEntrypoint',
      'WorkflowEntrypoint',
      'env',
      'exports',
      'waitUntil',
      'withEnv',
      'withEnvAndExports',
      'withExports',
    ].map((name) => [name, typeof workers[name]]),
  'env: what the handler gets, and not the same object': (env, _ctx, _request, workers) => [
    workers.env.FOO,
    workers.env === env,
    Object.keys(workers.env).sort(),
    'FOO' in workers.env,
    JSON.stringify(workers.env),
  ],
  'env: changes show on both sides': (env, _ctx, _request, workers) => {
    workers.env.NEW = 1;
    const seen = env.NEW;
    delete workers.env.NEW;
    return [seen, 'NEW' in env];
  },
  'withEnv: in the place of env, while the function runs': (_env, _ctx, _request, { env, withEnv }) => {
    const inside = withEnv({ BAZ: 1 }, () => [env.FOO ?? null, env.BAZ, Object.keys(env)]);
    return [inside, env.FOO, env.BAZ ?? null];
  },
  'withEnv: one in another': (_env, _ctx, _request, { env, withEnv }) => withEnv({ A: 1 }, () => [withEnv({ A: 2 }, () => env.A), env.A]),
  'withEnv: nothing': (_env, _ctx, _request, { env, withEnv }) => [
    withEnv(null, () => [env.FOO ?? null, Object.keys(env), typeof env]),
    withEnv(undefined, () => env.FOO ?? null),
  ],
  'withEnv: a function that throws': async (_env, _ctx, _request, { env, withEnv }) => [
    await failure(() =>
      withEnv({}, () => {
        throw new RangeError('far');
      }),
    ),
    env.FOO,
  ],
  'withEnv: no function': async (_env, _ctx, _request, { withEnv }) => (await failure(() => withEnv({}, 1))).split(':')[0],
  'exports: as ctx.exports': async (_env, ctx, _request, { exports }) => [
    Object.keys(exports),
    Object.keys(ctx.exports),
    await exports.default.greet('Ada'),
    'default' in exports,
  ],
  'withExports: in the place of exports': (_env, _ctx, _request, { exports, withExports }) => [
    withExports({ other: 1 }, () => [exports.other, Object.keys(exports)]),
    Object.keys(exports),
  ],
  'withEnvAndExports: both': (_env, _ctx, _request, { env, exports, withEnvAndExports }) =>
    withEnvAndExports({ A: 1 }, { B: 2 }, () => [env.A, exports.B, env.FOO ?? null]),
  'WorkflowEntrypoint: has env and ctx': (env, ctx, _request, { WorkflowEntrypoint }) => {
    class Flow extends WorkflowEntrypoint {}
    const flow = new Flow(ctx, env);
    return [flow.env === env, flow.ctx === ctx, flow instanceof WorkflowEntrypoint];
  },
  'waitUntil: of the current event': (_env, _ctx, _request, { waitUntil }) => waitUntil(Promise.resolve()) ?? 'undefined',
};
