/** `nano trigger scheduled`: runs an app's scheduled handler on a running server, through its admin port. */
import { request } from 'node:http';
import { checkIsAdmin, objectOf, readAnswer } from './answer.ts';
import { type Command, CommandError, type CommandGroup, UsageError } from './command.ts';
import { TOKEN_OPTION, tokenOf } from './token.ts';

const DEFAULT_ADDRESS = '127.0.0.1:8081';
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;
/** Characters of an answer that is no result. */
const MOST_SHOWN = 200;
/** Longer than a handler may take. */
const MOST_QUIET_MS = 16 * 60_000;

export const triggerGroup: CommandGroup = {
  name: 'trigger',
  summary: 'Runs a handler of an app on a running server.',
  commands: [
    {
      name: 'scheduled',
      usage: '[APP]',
      summary: 'run the scheduled handler now',
      load: async () => scheduledCommand,
    },
  ],
};

const scheduledCommand: Command = {
  name: 'trigger scheduled',
  summary: "Runs an app's scheduled handler now, on a running server.",
  usage: '[APP]',
  positionals: 1,
  options: {
    cron: { type: 'string', value: 'CRON', help: 'what the handler reads as controller.cron' },
    time: { type: 'string', value: 'TIME', help: 'its scheduled time: a date, or milliseconds since 1970 (now)' },
    ...TOKEN_OPTION,
    admin: { type: 'string', value: 'HOST:PORT', help: `the server's admin port (${DEFAULT_ADDRESS})` },
  },
  run: async (input) => {
    const address = input.text('admin') ?? DEFAULT_ADDRESS;
    const app = input.positionals[0] ?? (await onlyApp(address));
    const query = new URLSearchParams({ time: String(timeOf(input.text('time'))) });
    const cron = input.text('cron');
    if (cron !== undefined) query.set('cron', cron);
    const { status, text } = await ask(address, 'POST', `/apps/${encodeURIComponent(app)}/scheduled?${query.toString()}`, tokenOf(input));
    const { outcome, error } = objectOf(text) ?? {};
    if (outcome === undefined) throw new CommandError(typeof error === 'string' ? error : text.trim().slice(0, MOST_SHOWN) || `status ${status}`);
    if (outcome !== 'ok') throw new CommandError(`${outcome}${error === undefined ? '' : `: ${error}`}`);
    process.stdout.write('ok\n');
    return 0;
  },
};

function timeOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isSafeInteger(time)) throw new UsageError(`--time ${JSON.stringify(text)} is no date and no number of milliseconds`);
  return time;
}

/** The app of a server that has one. */
async function onlyApp(address: string): Promise<string> {
  const { text } = await ask(address, 'GET', '/apps');
  const apps = objectOf(text)?.['apps'];
  if (!Array.isArray(apps)) throw new CommandError(`${address} answers something else than was asked for`);
  const names = (apps as { name?: unknown }[]).map((app) => String(app?.name));
  if (names.length !== 1 || names[0] === undefined) throw new UsageError(`which app? There are ${names.length === 0 ? 'none' : names.join(', ')}`);
  return names[0];
}

function ask(address: string, method: string, path: string, token?: string): Promise<{ status: number; text: string }> {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined) throw new UsageError(`--admin ${JSON.stringify(address)} is not HOST:PORT`);
  const headers = { 'content-length': 0, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  return new Promise((resolve, reject) => {
    const call = request({ host: host ?? '127.0.0.1', port: Number(port), path, method, headers, timeout: MOST_QUIET_MS }, (response) => {
      const read = async (): Promise<{ status: number; text: string }> => {
        checkIsAdmin(response, address);
        return { status: response.statusCode ?? 0, text: await readAnswer(response, MOST_ANSWER_BYTES, address) };
      };
      read().then(resolve, reject);
    });
    call.on('timeout', () => call.destroy(new Error('nothing has come for a long time')));
    call.on('error', (error) => reject(new CommandError(`no server answers at ${address}: ${error.message}`)));
    call.end();
  });
}
