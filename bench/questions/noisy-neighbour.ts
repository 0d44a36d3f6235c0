/** What a quiet app feels of tenants that burn CPU without end. */
import { BURNER, HELLO } from '../apps/sources.ts';
import { ask } from '../kit/client.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import type { Server } from '../kit/server.ts';
import { median } from '../kit/statistics.ts';
import { startWorkerd } from '../kit/workerd.ts';
import { type LoadResult, wrk } from '../kit/wrk.ts';
import type { Effort, Question, Row } from '../question.ts';

/** A steady load that leaves the machine idle most of the time: what is measured is waiting, not saturation. */
const PACE = { connections: 16, pauseMs: 10 };
const CONFIG = JSON.stringify({ name: 'burner', main: 'index.js', limits: { cpu_ms: 120_000 } });

type Noise = { server: Server; burn(): Promise<unknown> };

const nano = (burners: number) => async (): Promise<Noise> => {
  const names = Array.from({ length: burners }, (_, at) => `burner-${at}`);
  const files: Record<string, string> = { 'quiet/index.js': HELLO };
  for (const name of names) {
    files[`${name}/index.js`] = BURNER;
    files[`${name}/wrangler.jsonc`] = CONFIG.replace('"burner"', `"${name}"`);
  }
  const server = await startNano({ files });
  return { server, burn: () => Promise.all(names.map((name) => ask(server.port, '/burn', `${name}.localhost`, 120_000))) };
};

/** The front passes "/burn" on to the tenant that burns and everything else to the quiet one. */
const FRONT = `export default { fetch: (request, env) => (request.url.endsWith('/burn') ? env.burner : env.quiet).fetch(request) };\n`;

const workerd = async (): Promise<Noise> => {
  const server = await startWorkerd({ workers: { front: FRONT, quiet: HELLO, burner: BURNER }, bindings: ['quiet', 'burner'] });
  return { server, burn: () => ask(server.port, '/burn', 'localhost', 120_000) };
};

type Pair = { alone: LoadResult; beside: LoadResult };

async function measure(effort: Effort, start: () => Promise<Noise>): Promise<Pair> {
  const { server, burn } = await start();
  const load = { port: server.port, hosts: [server.hosts[0] as string], seconds: effort.seconds, ...PACE };
  try {
    await wrk({ ...load, seconds: 1 });
    const alone = await wrk(load);
    // They end with the server.
    burn().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { alone, beside: await wrk(load) };
  } finally {
    await server.stop();
  }
}

export const noisyNeighbour: Question = {
  name: 'noisy-neighbour',
  title: 'A quiet app beside tenants that burn CPU without end',
  method: `A paced load (${PACE.connections} connections, ${PACE.pauseMs} ms between requests) on a hello app, alone and while one or four other apps of the same server each run a request with an endless loop. Four are more than this machine has cores, so the kernel has to share them out. The two loads are measured on the same server one after the other.`,
  run: async (effort) => {
    const results = await rounds(effort, {
      'one burner': () => measure(effort, nano(1)),
      'four burners': () => measure(effort, nano(4)),
      'workerd, one burner': () => measure(effort, workerd),
    });
    return [...results].flatMap(([name, pairs]): Row[] => {
      const alone = median(pairs.map((pair) => pair.alone.p99));
      const beside = median(pairs.map((pair) => pair.beside.p99));
      const answered = pairs.reduce((sum, pair) => sum + pair.beside.requests, 0);
      const ratio = median(pairs.map((pair) => pair.beside.p99 / pair.alone.p99));
      const goal = name === 'one burner' ? { goal: { under: 2 } } : {};
      const prefix = name.startsWith('workerd') ? name : `NANO, ${name}`;
      return [
        { what: `${prefix}: quiet p99 alone`, value: alone, unit: 'ms' },
        answered === 0
          ? { what: `${prefix}: quiet p99 beside`, value: undefined, unit: 'ms', note: 'blocked: no request was answered' }
          : { what: `${prefix}: quiet p99 beside`, value: beside, unit: 'ms' },
        { what: `${prefix}: beside to alone`, value: answered === 0 ? undefined : ratio, unit: '×', ...goal },
      ];
    });
  },
};
