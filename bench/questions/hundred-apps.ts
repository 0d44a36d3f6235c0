/** Does it cost anything to have the requests spread over a hundred apps? */
import { HELLO } from '../apps/sources.ts';
import { typical, underLoad } from '../kit/contest.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import type { Question } from '../question.ts';

const APPS = 100;

export const hundredApps: Question = {
  name: 'hundred-apps',
  title: 'Requests spread over a hundred apps',
  shortfall:
    "an isolate is entered on a thread of isolated-vm's pool, and every entry is a hand-off: a wake-up there and one back. Requests of one app share them, since what waits for an isolate runs in one go; requests of a hundred apps do not. As many isolates as there are processors are let in at a time (decision 18); before, most entries had a thread made for them. What is left is half the kernel's, for waking threads, and half code and data that other isolates have pushed out of the caches; and after a few hundred requests most of an app's code is still interpreted: after 45 seconds of load a request takes a third less. Entered one after the other on one thread, a hundred isolates take 3 to 6 µs each where a hand-off takes 35 to 65 µs, but isolated-vm lets no thread of its pool do that, and a thread of our own that runs tenants would need an answer to turns that do not end.",
  method: 'The same server with a hundred hello apps; the load asks one of them, or all of them in turn, request by request.',
  run: async (effort) => {
    const files = Object.fromEntries(Array.from({ length: APPS }, (_, at) => [`app-${at}/index.js`, HELLO]));
    const results = await rounds(effort, {
      'one app': () => underLoad(effort, () => startNano({ files }), { hosts: ['app-0.localhost'] }),
      'a hundred apps': () => underLoad(effort, () => startNano({ files })),
    });
    const rate = (name: string): number => typical(results, name, 'requestsPerSecond');
    const cpu = (name: string): number => typical(results, name, 'cpuUs');
    return [
      { what: 'one app', value: rate('one app'), unit: 'req/s' },
      { what: 'a hundred apps', value: rate('a hundred apps'), unit: 'req/s' },
      { what: 'a hundred apps to one', value: rate('a hundred apps') / rate('one app'), unit: '×', goal: { atLeast: 0.85 } },
      { what: 'one app, CPU time a request', value: cpu('one app'), unit: 'µs' },
      { what: 'a hundred apps, CPU time a request', value: cpu('a hundred apps'), unit: 'µs' },
    ];
  },
};
