/** What is read of Object.prototype: of an object of the runtime's own it would show the object. */
const names = ['bubbles', 'cancelable', 'composed', 'request', 'scheduledTime', 'cron'];
let seen = [];
const take = () => {
  const taken = [...new Set(seen)];
  seen = [];
  return taken;
};

addEventListener('fetch', (event) => {
  const dispatched = take();
  new FetchEvent('a');
  new ScheduledEvent('b');
  new ExtendableEvent('c');
  const made = take();
  // Of an object of the app's it is right.
  new ExtendableEvent('d', {});
  const given = take();
  event.respondWith(Response.json({ dispatched, made, given }));
});

for (const name of names)
  Object.defineProperty(Object.prototype, name, {
    configurable: true,
    get() {
      seen.push(name);
    },
  });
