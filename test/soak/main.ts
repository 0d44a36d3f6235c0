/**
 * Many apps, random deploys, attacks and kills, for as long as one likes:
 *
 *     npm run soak -- [--minutes N] [--apps N] [--seed N]
 *
 * Fails when a request to a well-behaved app failed and the log does not explain it, or when memory or descriptors grew.
 * The time has parts, and each part three thirds: one with kills, two in which the engines live, which kills would keep
 * young. The server is measured after each of these two.
 */
import { Agent } from 'node:http';
import { amountOption, commandLine, wholeOption } from '../../bench/kit/command-line.ts';
import { HOSTILE, ATTACKS, UNINTERRUPTIBLE } from '../../bench/apps/attacks.ts';
import { Random } from '../fuzz/random.ts';
import { answering, folder, put } from '../support/folder.ts';
import { NanoProcess } from '../support/nano-process.ts';
import { send } from '../support/request.ts';
import { TestServer } from '../support/server.ts';
import { type Event, explanation, type Failure } from './failures.ts';
import { grown, table } from './growth.ts';
import { engines, type Sizes, sizes } from './processes.ts';

const CLIENTS = 4;
const HOSTILE_APPS = 8;
const DEPLOY_EVERY_MS = 500;
const KILL_EVERY_MS = 15_000;
/** An engine is lost to what V8 cannot interrupt once in so many attacks. */
const LOSE_ONE_IN = 40;
const QUIET_MS = 12_000;
/** Rounds in which each app is asked for at most, on a connection of its own, until every engine has it. */
const WARM_ROUNDS = 60;
const ENGINES = 2;
const PARTS = 4;

const USAGE = 'npm run soak -- [--minutes N] [--apps N] [--seed N]';
const { values } = commandLine(USAGE, {
  options: { minutes: { type: 'string', default: '1' }, apps: { type: 'string', default: '40' }, seed: { type: 'string', default: String(Date.now() % 1e6) } },
});
const milliseconds = amountOption(USAGE, 'minutes', values.minutes) * 60_000;
const random = new Random(wholeOption(USAGE, 'seed', values.seed));
const good = Array.from({ length: wholeOption(USAGE, 'apps', values.apps, 1) }, (_, at) => `good-${at}`);
const hostile = Array.from({ length: HOSTILE_APPS }, (_, at) => `hostile-${at}`);
const paths = ATTACKS.map(({ path }) => path);
const fatal = UNINTERRUPTIBLE.map(({ path }) => path);

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const now = (): number => performance.now();

async function main(): Promise<boolean> {
  say(`soak: ${good.length} apps, ${hostile.length} hostile ones, ${milliseconds / 1000} s, seed ${values.seed}`);
  const dir = folder({ 'nano.jsonc': JSON.stringify({ egress: { allow: ['127.0.0.1'] } }) });
  for (const name of good) put(dir, { [`${name}.js`]: answering(`${name} v0`) });
  const wrangler = (name: string): string =>
    JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', limits: { cpu_ms: 50 }, nano: { limits: { memory_mb: 32 } } });
  for (const name of hostile) put(dir, { [`${name}/wrangler.json`]: wrangler(name) });
  deployHostile(dir, 0);
  const args = ['serve', '.', '--port', '0', '--admin-port', '0', '--ip', '127.0.0.1', '--engines', String(ENGINES)];
  const nano = new NanoProcess(args, { cwd: dir });
  // The server would outlive the soak, and disturb whatever is measured next.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void nano.stop().finally(() => process.exit(1)));
  try {
    return await soak(new TestServer(nano, await nano.line({ msg: 'listening' })), dir);
  } finally {
    await nano.stop();
  }
}

function deployHostile(dir: string, version: number): void {
  // Nobody listens at the discard port: fetches fail at once.
  const source = `${HOSTILE.replace("'TO'", "'http://127.0.0.1:9/'")}\n// ${version}\n`;
  for (const name of hostile) put(dir, { [`${name}/index.js`]: source });
}

async function soak(server: TestServer, dir: string): Promise<boolean> {
  const { port, process: nano } = server;
  const pid = nano.child.pid ?? 0;
  const events: Event[] = [];
  // What came of requests is not kept: an hour of it would fill the memory.
  const reading = setInterval(() => {
    for (const line of nano.lines) if (line['event'] !== 'request' && line['event'] !== 'console') events.push({ at: now(), line });
    nano.lines.length = 0;
    nano.stdout = '';
  }, 100);
  const failures: Failure[] = [];
  const counts = { requests: 0, deploys: 0, attacks: 0, kills: 0 };
  /** `isFatal`: engines are killed, and lost to what V8 cannot interrupt. */
  const phase = async (isFatal: boolean): Promise<void> => {
    const until = now() + milliseconds / PARTS / 3;
    const goesOn = (): boolean => now() < until;
    await Promise.all([
      ...Array.from({ length: CLIENTS }, () => client(port, goesOn, failures, counts)),
      deployer(dir, goesOn, counts),
      attacker(port, goesOn, counts, isFatal),
      ...(isFatal ? [killer(pid, goesOn, counts)] : []),
    ]);
  };
  const measured: Sizes[] = [];
  for (let part = 0; part < PARTS; part++) {
    for (const isFatal of [true, false, false]) {
      await phase(isFatal);
      // Engines that have just been started have yet to fill what they keep on purpose.
      if (!isFatal) measured.push(await quiet(server, dir));
    }
  }
  clearInterval(reading);
  const unexplained = failures.filter((failure) => explanation(failure, events) === undefined);
  const lost = events.filter(({ line }) => /taken a thread/.test(String(line['msg']))).length;
  const died = events.filter(({ line }) => line['msg'] === 'engine died').length;
  say(`${counts.requests} requests, ${counts.deploys} deploys, ${counts.attacks} attacks, ${counts.kills} kills; ${lost} engines lost to V8, ${died} died`);
  say(`${failures.length} requests failed, ${unexplained.length} of them without an explanation`);
  for (const { at, app, status, detail } of unexplained.slice(0, 20)) say(`  ${Math.round(at)} ms, ${app}: ${status} ${detail}`);
  say(table(measured));
  const found = grown(measured);
  for (const line of found) say(line);
  return unexplained.length === 0 && found.length === 0 && died <= counts.kills;
}

/** One request after the other to apps that answer; over one connection, or over one each. */
async function client(port: number, goesOn: () => boolean, failures: Failure[], counts: { requests: number }): Promise<void> {
  const agent = new Agent({ keepAlive: random.int(2) === 0, maxSockets: 1 });
  while (goesOn()) {
    const app = random.pick(good);
    counts.requests++;
    const { status, detail } = await send(port, { headers: { host: `${app}.localhost` }, agent }).then(
      ({ status, text }) => ({ status, detail: text }),
      (error: unknown) => ({ status: 0, detail: String(error) }),
    );
    if (status !== 200 || !detail.startsWith(`${app} v`)) failures.push({ at: now(), app, status, detail: detail.slice(0, 100) });
    await sleep(random.int(10));
  }
  agent.destroy();
}

async function deployer(dir: string, goesOn: () => boolean, counts: { deploys: number }): Promise<void> {
  while (goesOn()) {
    const app = random.pick(good);
    put(dir, { [`${app}.js`]: answering(`${app} v${++counts.deploys}`) });
    await sleep(random.int(DEPLOY_EVERY_MS * 2));
  }
}

/** Attacks that do not end are left behind. */
async function attacker(port: number, goesOn: () => boolean, counts: { attacks: number }, isFatal: boolean): Promise<void> {
  while (goesOn()) {
    const path = isFatal && random.int(LOSE_ONE_IN) === 0 ? random.pick(fatal) : random.pick(paths);
    counts.attacks++;
    const attack = send(port, { path, headers: { host: `${random.pick(hostile)}.localhost` } }).catch(() => {});
    await Promise.race([attack, sleep(2000)]);
  }
}

async function killer(pid: number, goesOn: () => boolean, counts: { kills: number }): Promise<void> {
  for (let next = now() + KILL_EVERY_MS; goesOn(); await sleep(100)) {
    if (now() < next) continue;
    next = now() + KILL_EVERY_MS / 2 + random.int(KILL_EVERY_MS);
    const all = engines(pid);
    if (all.length === 0) continue;
    try {
      process.kill(random.pick(all), 'SIGKILL');
      counts.kills++;
    } catch {
      // It ended meanwhile.
    }
  }
}

/** The size of everything when every engine has every good app, and nothing has been going on for a while. */
async function quiet(server: TestServer, dir: string): Promise<Sizes> {
  // What a flood has filled is the hostile app's to keep; isolates of a version that is no more are ended.
  deployHostile(dir, now());
  // An engine that was killed has few apps in it: what is compared is to hold the same.
  const wanted = good.length * ENGINES;
  let held = 0;
  for (let round = 0; round < WARM_ROUNDS && held < wanted; round++) {
    for (const app of good) await send(server.port, { headers: { host: `${app}.localhost` }, agent: new Agent() }).catch(() => {});
    held = await server.metric('nano_isolates');
  }
  await sleep(QUIET_MS);
  return sizes(server.process.child.pid ?? 0);
}

process.exitCode = (await main()) ? 0 : 1;
process.exit();
