/**
 * What the supervisor and the command line write as files, without a store: secrets, and the record of cron runs. A
 * process that writes them again and again is killed at random moments.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CronRecord } from '../../../src/server/cron-record.ts';
import { SecretStore } from '../../../src/server/secrets/secret-store.ts';
import type { Random } from '../../fuzz/random.ts';

export type AloneKind = 'secrets' | 'crons';
export type AloneResult = { kills: number; acknowledged: number; troubles: string[] };

const APPS = 3;
const MOST_DELAY_MS = 25;
const secretsOf = (dir: string): SecretStore => new SecretStore({ dataDir: dir, keyFile: undefined, fromEnv: undefined });
const recordOf = (dir: string, trouble: (error: string) => void): CronRecord => new CronRecord(join(dir, 'crons.json'), trouble);

/** The process that is killed: says every version once it is on disk. */
async function write(kind: AloneKind, dir: string, from: number): Promise<never> {
  const secrets = secretsOf(dir);
  const record = recordOf(dir, (error) => void process.stderr.write(error));
  for (let version = from; ; version++) {
    const app = `app-${version % APPS}`;
    if (kind === 'secrets')
      await secrets.change(
        app,
        new Map([
          ['A', `a ${version}`],
          ['B', `b ${version}`],
        ]),
      );
    else {
      record.set(app, '* * * * *', { last: version });
      record.save();
    }
    process.stdout.write(`${version}\n`);
  }
}

/** Kills it so often, and looks each time. @param dir a data folder of its own */
export async function killAlone(kind: AloneKind, dir: string, kills: number, random: Random): Promise<AloneResult> {
  const result: AloneResult = { kills: 0, acknowledged: 0, troubles: [] };
  let last = -1;
  while (result.kills < kills) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), kind, dir, String(last + APPS * 1000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    const code = await new Promise<number | null>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        // Once it writes, at any moment from then on.
        if (text === '') setTimeout(() => child.kill('SIGKILL'), random.int(MOST_DELAY_MS * 1000) / 1000);
        text += chunk;
      });
      child.on('close', resolve);
    });
    if (code !== null) {
      result.troubles.push(`a process that writes ${kind} has failed`);
      break;
    }
    result.kills++;
    const versions = text.split('\n').slice(0, -1).map(Number);
    result.acknowledged += versions.length;
    last = versions.at(-1) ?? last;
    result.troubles.push(...(kind === 'secrets' ? secretTroubles(dir, versions) : cronTroubles(dir, versions)));
  }
  return result;
}

function secretTroubles(dir: string, versions: readonly number[]): string[] {
  try {
    return lastOf(versions).flatMap(([app, version]) => {
      const { A, B } = secretsOf(dir).read(app) as { A?: string; B?: string };
      const found = Number(A?.slice(2) ?? -1);
      if (B !== `b ${found}`) return [`secrets of ${app} are torn: ${A}, ${B}`];
      return found === version || found === version + APPS ? [] : [`secrets of ${app}: ${found}, where ${version} was acknowledged`];
    });
  } catch (error) {
    return [`secrets cannot be read: ${String(error)}`];
  }
}

function cronTroubles(dir: string, versions: readonly number[]): string[] {
  const record = recordOf(dir, () => {});
  return lastOf(versions).flatMap(([app, version]) => {
    const found = record.get(app, '* * * * *')?.last ?? -1;
    return found === version || found === version + APPS ? [] : [`crons of ${app}: ${found}, where ${version} was acknowledged`];
  });
}

/** By app, the last version that was acknowledged. */
function lastOf(versions: readonly number[]): [string, number][] {
  return [...new Map(versions.map((version): [string, number] => [`app-${version % APPS}`, version]))];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind, dir = '', from] = process.argv.slice(2);
  await write(kind === 'crons' ? 'crons' : 'secrets', dir, Number(from));
}
