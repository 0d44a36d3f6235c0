const outcome = async (work) => {
  try {
    return await work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

export const cases = {
  'get: the value': ({ KEY }) => KEY.get(),
  'get: twice': ({ KEY }) => Promise.all([KEY.get(), KEY.get()]),
  'get: is a promise': async ({ KEY }) => {
    const promise = KEY.get();
    await promise;
    return typeof promise.then;
  },
  'get: what the store does not have': ({ NONE }) => outcome(() => NONE.get()),
  'get: of another store': ({ ELSEWHERE }) => outcome(() => ELSEWHERE.get()),
  'the value is in no property of the binding': ({ KEY }) => [Object.keys(KEY), JSON.stringify(KEY)],
};
