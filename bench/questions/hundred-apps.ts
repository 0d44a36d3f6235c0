/** Does it cost anything to have the requests spread over a hundred apps? */
import { HELLO } from '../apps/sources.ts';
import { underLoad } from '../kit/contest.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import { median } from '../kit/statistics.ts';
import type { Question } from '../question.ts';

const APPS = 100;

export const hundredApps: Question = {
  name: 'hundred-apps',
  title: 'Requests spread over a hundred apps',
  method: 'The same server with a hundred hello apps; the load asks one of them, or all of them in turn, request by request.',
  run: async (effort) => {
    const files = Object.fromEntries(Array.from({ length: APPS }, (_, at) => [`app-${at}/index.js`, HELLO]));
    const results = await rounds(effort, {
      'one app': () => underLoad(effort, () => startNano({ files }), { hosts: ['app-0.localhost'] }),
      'a hundred apps': () => underLoad(effort, () => startNano({ files })),
    });
    const rate = (name: string): number => median((results.get(name) ?? []).map((each) => each.requestsPerSecond));
    return [
      { what: 'one app', value: rate('one app'), unit: 'req/s' },
      { what: 'a hundred apps', value: rate('a hundred apps'), unit: 'req/s' },
      { what: 'a hundred apps to one', value: rate('a hundred apps') / rate('one app'), unit: '×', goal: { atLeast: 0.85 } },
    ];
  },
};
