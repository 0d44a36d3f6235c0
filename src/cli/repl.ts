/** `nano repl [DIR]`: the same as eval, line by line, with history and completion. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { start, Recoverable, type REPLServer } from 'node:repl';
import { StartupError } from '../app/loader.ts';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { isIncomplete } from '../shell/rewrite.ts';
import { Session } from '../shell/session.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { type Command, CommandError } from './command.ts';
import { WORKER_OPTIONS, workerOptions } from './options.ts';
import { shellApp } from './shell-app.ts';

export const replCommand: Command = {
  name: 'repl',
  summary: 'Evaluates line by line in one isolate; with DIR inside that app, its bindings in `env`.',
  usage: '[DIR]',
  positionals: 1,
  options: WORKER_OPTIONS,
  run: async (input) => {
    const colors = process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
    const print = (text: string): void => {
      process.stdout.write(`${text}\n`);
    };
    const session = new Session({
      runtimeFile: await runtimeFile(runtimeCacheDir()),
      app: await shellApp(input.positionals[0], workerOptions(input)),
      style: 'repl',
      colors,
      onConsole: ({ text }) => print(text),
      onException: print,
    });
    try {
      await session.start();
    } catch (error) {
      if (error instanceof StartupError) throw new CommandError(error.thrown.stack);
      throw error;
    }
    const repl = start({
      prompt: '> ',
      useColors: colors,
      ignoreUndefined: false,
      // Values come formatted from the isolate; nothing of them is on this side.
      writer: String,
      eval: (line, _context, _file, done) => {
        if (isIncomplete(line)) return done(new Recoverable(new SyntaxError('more to come')), undefined);
        if (line.trim() === '') return done(null, undefined);
        session.run(line).then(
          ({ text }) => {
            print(text);
            repl.displayPrompt();
          },
          (error: unknown) => done(error as Error, undefined),
        );
      },
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        complete(session, line).then(
          (result) => done(null, result),
          () => done(null, [[], line]),
        );
      },
    });
    if (process.stdin.isTTY) useHistory(repl);
    await new Promise<void>((resolve) => repl.once('exit', resolve));
    session.close();
    return 0;
  },
};

const complete = async (session: Session, line: string): Promise<[string[], string]> => {
  const path = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*\.)*[\p{ID_Start}$_]?[\p{ID_Continue}$]*$/u.exec(line)?.[0] ?? '';
  const parts = path.split('.');
  const prefix = parts.pop() ?? '';
  const names = (await session.complete(parts)).filter((name) => name.startsWith(prefix) && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
  const base = parts.length > 0 ? `${parts.join('.')}.` : '';
  return [[...new Set(names)].sort().map((name) => base + name), path];
};

/** History is a convenience: where the file cannot be written there is none. */
const useHistory = (repl: REPLServer): void => {
  repl.setupHistory(join(homedir(), '.nano_repl_history'), () => {});
};
