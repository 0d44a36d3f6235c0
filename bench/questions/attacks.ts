/** What a tenant's neighbour feels of attacks, and what becomes of the server: NANO, workerd, Miniflare. */
import { type Attack, ATTACKS, HOSTILE, UNINTERRUPTIBLE } from '../apps/attacks.ts';
import { HELLO } from '../apps/sources.ts';
import { attackOn, Attacker, type SilentServer, startSilentServer } from '../kit/attacker.ts';
import { ask } from '../kit/client.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import { longestDisturbance, Neighbour, p99, type Sample } from '../kit/neighbour.ts';
import type { Server } from '../kit/server.ts';
import { median } from '../kit/statistics.ts';
import { residentMb, watchMemory } from '../kit/usage.ts';
import { startWorkerd } from '../kit/workerd.ts';
import { type LoadResult, wrk } from '../kit/wrk.ts';
import type { Effort, Question, Row } from '../question.ts';

/** A steady load that leaves the machine idle most of the time: what is measured is waiting, not saturation. */
const PACE = { connections: 16, pauseMs: 10 };
/** Pairs of a load alone and one beside the attack: a hundredth of a second's requests are fourteen, too few to tell 2 from 3. */
const PAIRS = { count: 7, seconds: 2 };
const LIMITS = { limits: { cpu_ms: 50 }, nano: { limits: { memory_mb: 32 } } };
/** How many apps the storm of cold starts asks for the first time at once, and how often. */
const STORM = { together: 6, everyMs: 50, seconds: 1 };
/** What a server without limits may take before it is ended, in megabytes. */
const ENOUGH_MB = 2500;
/** How long the others are watched, in seconds. */
const WATCH_SECONDS = 2;
/** V8 gets five seconds to stop a turn, some time after its answer has been given. */
const GIVING_UP_MS = 8000;
/** Names the engine it is in. */
const NAMED = 'let name; export default { fetch() { name ??= String(Math.random()); return new Response(name); } };\n';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const config = (name: string): string => JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', ...LIMITS });
const hostileFiles = (name: string, code: string): Record<string, string> => ({ [`${name}/index.js`]: code, [`${name}/wrangler.json`]: config(name) });

// NANO: what V8 can interrupt

type Pair = { alone: LoadResult; beside: LoadResult };
type Felt = { pairs: Pair[]; grewMb: number; connections: number };

async function nanoUnderAttack(effort: Effort, silent: SilentServer): Promise<Map<string, Felt>> {
  const files: Record<string, string> = { 'quiet/index.js': HELLO, ...hostileFiles('hostile', HOSTILE.replace("'TO'", `'${silent.url}'`)) };
  const count = effort.quick ? 1 : PAIRS.count;
  // As many as it comes to.
  const storms = count * ((STORM.seconds * 1000) / STORM.everyMs) * STORM.together;
  for (let at = 0; at < storms; at++) files[`storm-${at}.js`] = HELLO;
  const server = await startNano({ files, apps: ['quiet', 'hostile'], logLevel: 'info', config: { egress: { allow: ['127.0.0.1'] } } });
  const load = { port: server.port, hosts: ['quiet.localhost'], seconds: PAIRS.seconds, ...PACE };
  const felt = new Map<string, Felt>();
  const measure = async (what: string, attack: () => Promise<unknown>, seconds: number = PAIRS.seconds): Promise<void> => {
    effort.tell(`NANO: ${what}`);
    silent.forget();
    const pairs: Pair[] = [];
    const memory = watchMemory(server.pid);
    // By turns, so that what else the machine does meets both.
    for (let turn = 0; turn < count; turn++) {
      const alone = await wrk({ ...load, seconds });
      const attacker = new Attacker(attack);
      pairs.push({ alone, beside: await wrk({ ...load, seconds }) });
      await attacker.stop();
    }
    const { before, peak } = memory.stop();
    felt.set(what, { pairs, grewMb: peak - before, connections: silent.mostConnections() });
  };
  try {
    await wrk(load);
    for (const { what, path } of ATTACKS) await measure(what, attackOn(server.port, 'hostile.localhost', path));
    let next = 0;
    await measure(
      'a storm of cold starts',
      async () => {
        const names = Array.from({ length: STORM.together }, () => `storm-${next++ % storms}`);
        await Promise.all([sleep(STORM.everyMs), ...names.map((name) => ask(server.port, '/', `${name}.localhost`))]);
      },
      STORM.seconds,
    );
    return felt;
  } finally {
    await server.stop();
  }
}

function feltRows(what: string, { pairs, grewMb, connections }: Felt): Row[] {
  const errors = pairs.reduce((sum, { beside }) => sum + beside.errors, 0);
  const requests = pairs.reduce((sum, { beside }) => sum + beside.requests, 0);
  const ratio = median(pairs.map(({ alone, beside }) => beside.p99 / alone.p99));
  const felt = (key: keyof Pair): string => median(pairs.map((pair) => pair[key].p99)).toFixed(1);
  const more = what === 'a thousand connections' ? `${connections} at once` : `the server grew by ${Math.round(grewMb)} MB meanwhile`;
  return [
    { what: `${what}: failed requests of the neighbour`, value: errors, unit: 'errors', goal: { under: 1 }, note: `of ${requests}` },
    {
      what: `${what}: neighbour's p99, beside to alone`,
      value: ratio,
      unit: '×',
      goal: { under: 2 },
      note: `${felt('alone')} to ${felt('beside')} ms; ${more}`,
    },
  ];
}

// NANO: what V8 cannot interrupt

type Loss = { disturbedMs: number; errors: number; noticedMs: number | undefined; replacedMs: number | undefined };

async function nanoLosesThreads(effort: Effort): Promise<Map<string, Loss[]>> {
  const times = effort.quick ? 1 : 3;
  const names = new Map(UNINTERRUPTIBLE.map(({ path }) => [path, Array.from({ length: times }, (_, at) => `${path.slice(1)}-${at}`)]));
  const files: Record<string, string> = { 'quiet/index.js': NAMED };
  // Each app may do so once: the second time it would be quarantined.
  for (const name of [...names.values()].flat()) Object.assign(files, hostileFiles(name, HOSTILE));
  const server = await startNano({ files, apps: ['quiet'] });
  try {
    const losses = new Map<string, Loss[]>();
    for (let at = 0; at < times; at++) {
      for (const { path, what } of UNINTERRUPTIBLE) {
        effort.tell(`NANO: ${what}, ${at + 1} of ${times}`);
        const host = `${names.get(path)?.[at]}.localhost`;
        losses.set(what, [...(losses.get(what) ?? []), await lose(server, host, path)]);
      }
    }
    return losses;
  } finally {
    await server.stop();
  }
}

async function lose(server: Server, host: string, path: string): Promise<Loss> {
  const neighbour = new Neighbour(server.port, 'quiet.localhost');
  await sleep(1000);
  const quiet = p99(neighbour.samples.slice(10));
  const engine = neighbour.samples.at(-1)?.body;
  const from = neighbour.samples.length;
  const attacked = performance.now();
  await ask(server.port, path, host, 30_000).catch(() => {});
  const isOther = ({ body }: Sample): boolean => body !== undefined && body !== engine;
  const patience = performance.now() + GIVING_UP_MS;
  while (!neighbour.samples.some(isOther) && performance.now() < patience) await sleep(10);
  // Until the spare engine is there again, too.
  await sleep(1000);
  const samples = (await neighbour.stop()).slice(from);
  const other = samples.findIndex(isOther);
  const [last, next] = [samples[other - 1], samples[other]];
  return {
    disturbedMs: longestDisturbance(samples, quiet * 2),
    errors: samples.filter(({ body }) => body === undefined).length,
    noticedMs: last === undefined ? undefined : last.at - attacked,
    replacedMs: last === undefined || next === undefined ? undefined : next.at + next.ms - last.at,
  };
}

function lossRows(what: string, losses: readonly Loss[]): Row[] {
  const typical = (key: 'disturbedMs' | 'noticedMs' | 'replacedMs'): number | undefined => {
    const values = losses.map((loss) => loss[key]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const replaced = losses.filter(({ replacedMs }) => replacedMs !== undefined).length;
  const errors = losses.reduce((sum, each) => sum + each.errors, 0);
  return [
    { what: `${what}: failed requests of the neighbour`, value: errors, unit: 'errors', goal: { under: 1 }, note: `${losses.length} times` },
    { what: `${what}: longest time the neighbour was slow`, value: typical('disturbedMs'), unit: 'ms', goal: { under: 300 } },
    {
      what: `${what}: from the engine's last answer to its successor's first`,
      value: typical('replacedMs'),
      unit: 'ms',
      goal: { under: 300 },
      note: `${replaced} of ${losses.length} times an engine was lost`,
    },
    { what: `${what}: until the engine is given up`, value: typical('noticedMs'), unit: 'ms' },
  ];
}

// The others

/** The front passes what is not "/" on to the hostile worker. */
const FRONT = `export default { fetch: (request, env) => (new URL(request.url).pathname === '/' ? env.quiet : env.hostile).fetch(request) };\n`;

type Peer = { name: string; attacks: readonly string[]; start(hostile: string): Promise<Server> };

const PEERS: readonly Peer[] = [
  {
    name: 'workerd',
    attacks: ['/loop', '/regex', '/heap', '/buffers', '/logs', '/connections', '/fill', '/replace'],
    start: (hostile) => startWorkerd({ workers: { front: FRONT, quiet: HELLO, hostile }, bindings: ['quiet', 'hostile'], reachesLoopback: true }),
  },
  {
    name: 'Miniflare',
    attacks: ['/loop', '/heap', '/buffers', '/logs', '/connections'],
    start: (hostile) => {
      const worker = (name: string, script: string): object => ({ name, modules: true, script, compatibilityDate: '2026-01-01' });
      const front = { ...worker('front', FRONT), serviceBindings: { quiet: 'quiet', hostile: 'hostile' } };
      return startMiniflare(FRONT, () => ({ workers: [front, worker('quiet', HELLO), worker('hostile', hostile)] }));
    },
  },
];

async function peerUnderAttack({ name, start }: Peer, { path, what }: Attack, silent: SilentServer): Promise<Row> {
  const server = await start(HOSTILE.replace("'TO'", `'${silent.url}'`));
  silent.forget();
  const before = residentMb(server.pid);
  let most = before;
  let endedAt: number | undefined;
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(server.pid));
    if (most > before + ENOUGH_MB) void server.kill();
    if (!server.isAlive) endedAt ??= performance.now();
  }, 20);
  try {
    const neighbour = new Neighbour(server.port, 'localhost');
    await sleep(500);
    const quiet = p99(neighbour.samples.slice(10));
    const from = neighbour.samples.length;
    const attacker = new Attacker(attackOn(server.port, 'localhost', path));
    const started = performance.now();
    while (endedAt === undefined && performance.now() < started + WATCH_SECONDS * 1000) await sleep(20);
    void attacker.stop();
    const samples = (await neighbour.stop()).slice(from);
    const since = ((endedAt ?? 0) - started) / 1000;
    const grew = Math.round(most - before);
    const notes = [
      path === '/connections' ? `${silent.mostConnections()} connections at once` : `grew by ${grew} MB`,
      endedAt === undefined ? '' : grew > ENOUGH_MB ? `ended by us after ${since.toFixed(1)} s` : `died after ${since.toFixed(1)} s`,
      endedAt === undefined && samples.at(-1)?.body === undefined ? 'no answer any more' : '',
    ];
    return {
      what: `${what}, ${name}: longest time the neighbour was slow`,
      value: longestDisturbance(samples, quiet * 2),
      unit: 'ms',
      note: notes.filter(Boolean).join(', '),
    };
  } finally {
    clearInterval(watch);
    await server.kill();
  }
}

export const attacks: Question = {
  name: 'attacks',
  title: 'A quiet app beside hostile ones',
  method: `One tenant asks for the same attack again as soon as it is answered (50 ms of CPU, 32 MB of memory), while a neighbour, in the same engine until the attacker is set aside a second or two later, answers a paced load (${PACE.connections} connections, ${PACE.pauseMs} ms between requests) for ${PAIRS.seconds} seconds (${STORM.seconds} in the storm of cold starts, so that every start in it is a first one); before that as long the same load alone, ${PAIRS.count} times by turns. The ratio is the median of theirs, as are the times beside it. What V8 cannot interrupt is asked for once by an app each time: "slow" is beyond twice the quiet p99 of one request after the other, the longest stretch of it counts, and V8 gets five seconds to stop a turn before the engine is given up. workerd and Miniflare have no limits of their own for this: they are watched for ${WATCH_SECONDS} seconds in a process of their own each, which is ended when it has grown by ${ENOUGH_MB} MB.`,
  shortfall:
    "nobody has done anything wrong in a storm of cold starts, and nothing in it is there to be interrupted: each of 120 starts a second is of another app, asked for the first time. Of a start V8 takes 1.1 to 2 ms of the I/O thread to make the isolate, which isolated-vm does on no other thread where it is to tell of what V8 has lost control of (decision 24): a sixth to a fourth of that thread's time, and a request that comes meanwhile waits. To make fewer isolates a second would keep the apps waiting instead; rests between them were tried, and the neighbour's p99 was the same with half as many starts.",
  run: async (effort) => {
    const silent = await startSilentServer();
    try {
      const rows = [...(await nanoUnderAttack(effort, silent))].flatMap(([what, felt]) => feltRows(what, felt));
      rows.push(...[...(await nanoLosesThreads(effort))].flatMap(([what, losses]) => lossRows(what, losses)));
      for (const peer of PEERS) {
        for (const attack of [...ATTACKS, ...UNINTERRUPTIBLE]) {
          if (!peer.attacks.includes(attack.path)) continue;
          effort.tell(`${peer.name}: ${attack.what}`);
          rows.push(await peerUnderAttack(peer, attack, silent));
        }
      }
      return rows;
    } finally {
      silent.stop();
    }
  },
};
