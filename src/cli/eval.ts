/** `nano eval CODE`: evaluates in a fresh isolate and prints the result. */
import { readFileSync } from 'node:fs';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { Session, StartupError } from '../shell/session.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { type Command, CommandError, type Parsed, UsageError } from './command.ts';
import { endWhenLost } from './lost-isolate.ts';
import { WORKER_OPTIONS, workerOptions } from './options.ts';
import { shellApp } from './shell-app.ts';

export const evalCommand: Command = {
  name: 'eval',
  summary: 'Evaluates JavaScript or TypeScript in a fresh isolate and prints the value of the last expression.',
  usage: 'CODE',
  description:
    'Top-level await, timers, fetch and every Web API of a Worker work. "-" reads the code from standard input.\nWhat the code started goes on until it is over.',
  positionals: 1,
  options: {
    app: { type: 'string', value: 'DIR', help: 'evaluate inside an app, with its env' },
    ...WORKER_OPTIONS,
  },
  run: async (input: Parsed) => {
    const [given] = input.positionals;
    if (given === undefined) throw new UsageError('there is no code to evaluate: nano eval "1 + 1"');
    const code = given === '-' ? readFileSync(0, 'utf8') : given;
    const colors = process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
    const session = new Session({
      runtimeFile: await runtimeFile(runtimeCacheDir()),
      app: await shellApp(input.text('app'), workerOptions(input)),
      style: 'raw',
      colors,
      onConsole: ({ level, text }) => (level === 'warn' || level === 'error' ? process.stderr : process.stdout).write(`${text}\n`),
      onException: (text) => {
        process.stderr.write(`${text}\n`);
        process.exitCode = 1;
      },
      onLost: endWhenLost(),
    });
    try {
      await session.start();
      const result = await session.run(code);
      if (result.kind === 'error') {
        process.stderr.write(`${result.text}\n`);
        return 1;
      }
      if (result.kind === 'value') process.stdout.write(`${result.text}\n`);
      await result.idle();
      return process.exitCode === undefined ? 0 : Number(process.exitCode);
    } catch (error) {
      if (error instanceof StartupError) throw new CommandError(error.thrown.stack);
      throw error;
    } finally {
      session.close();
    }
  },
};
