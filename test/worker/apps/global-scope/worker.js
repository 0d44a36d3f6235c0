const attempts = {
  fetch: () => fetch('https://example.com/'),
  setTimeout: () => setTimeout(() => {}, 1),
  setInterval: () => setInterval(() => {}, 1),
  'scheduler.wait': () => scheduler.wait(1),
  'crypto.randomUUID': () => crypto.randomUUID(),
  'crypto.getRandomValues': () => crypto.getRandomValues(new Uint8Array(1)),
};
const results = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    const value = attempt();
    results[name] =
      value instanceof Promise
        ? value.then(
            () => 'done',
            (error) => error.message,
          )
        : 'done';
  } catch (error) {
    results[name] = error.message;
  }
}

export default {
  async fetch() {
    const entries = await Promise.all(Object.entries(results).map(async ([name, result]) => [name, await result]));
    return Response.json({ ...Object.fromEntries(entries), inHandler: crypto.randomUUID().length });
  },
};
