/** `nano repl [DIR]`: the same as eval, line by line, with history and completion. */
import { appendFileSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { isIncomplete } from '../shell/rewrite.ts';
import { Session, StartupError } from '../shell/session.ts';
import { type Command, CommandError } from './command.ts';
import { endWhenLost } from './lost-isolate.ts';
import { WORKER_OPTIONS, workerOptions } from './options.ts';
import { shellApp } from './shell-app.ts';

const HISTORY_FILE = join(homedir(), '.nano_repl_history');
const HISTORY_LINES = 1000;
const HELP = 'Tab completes names, Ctrl+C gives up a line, Ctrl+D or .exit ends the session.';
const PROMPT = '> ';
const MORE = '… ';

export const replCommand: Command = {
  name: 'repl',
  summary: 'Evaluates line by line in one isolate; with DIR inside that app, its bindings in `env`.',
  usage: '[DIR]',
  description: HELP,
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
      onLost: endWhenLost(),
    });
    try {
      await session.start();
      await converse(session, print);
    } catch (error) {
      if (error instanceof StartupError) throw new CommandError(error.thrown.stack);
      throw error;
    } finally {
      session.close();
    }
    return 0;
  },
};

/** Reads lines until the end of input, one at a time: a line is not read before the one before it is done. */
const converse = async (session: Session, print: (text: string) => void): Promise<void> => {
  const isTerminal = process.stdin.isTTY === true;
  const reader = createInterface({
    input: process.stdin,
    ...(isTerminal ? { output: process.stdout, history: readHistory(), historySize: HISTORY_LINES, removeHistoryDuplicates: true } : {}),
    terminal: isTerminal,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      complete(session, line).then(
        (result) => done(null, result),
        () => done(null, [[], line]),
      );
    },
  });
  let text = '';
  reader.on('SIGINT', () => {
    text = '';
    // To the end, a new line, and away with what was written: a prompt alone would show it again.
    reader.write(null, { ctrl: true, name: 'e' });
    print('');
    reader.write(null, { ctrl: true, name: 'u' });
    prompt(reader, PROMPT);
  });
  prompt(reader, PROMPT);
  for await (const line of reader) {
    if (text === '' && line.trim() === '.exit') break;
    if (text === '' && line.trim() === '.help') {
      print(HELP);
      prompt(reader, PROMPT);
      continue;
    }
    text = text === '' ? line : `${text}\n${line}`;
    if (text.trim() !== '' && isIncomplete(text)) {
      prompt(reader, MORE);
      continue;
    }
    if (text.trim() !== '') {
      if (isTerminal) remember(text);
      print((await session.run(text)).text);
    }
    text = '';
    prompt(reader, PROMPT);
  }
  reader.close();
};

const prompt = (reader: Interface, mark: string): void => {
  if (process.stdin.isTTY !== true) return;
  reader.setPrompt(mark);
  reader.prompt();
};

const complete = async (session: Session, line: string): Promise<[string[], string]> => {
  const path = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*\.)*[\p{ID_Start}$_]?[\p{ID_Continue}$]*$/u.exec(line)?.[0] ?? '';
  const parts = path.split('.');
  const prefix = parts.pop() ?? '';
  const names = (await session.complete(parts)).filter((name) => name.startsWith(prefix) && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
  const base = parts.length > 0 ? `${parts.join('.')}.` : '';
  return [[...new Set(names)].sort().map((name) => base + name), path];
};

// History is a convenience: where the file cannot be read or written there is none.

const readHistory = (): string[] => {
  try {
    return readFileSync(HISTORY_FILE, 'utf8').split('\n').filter(Boolean).reverse().slice(0, HISTORY_LINES);
  } catch {
    return [];
  }
};

const remember = (text: string): void => {
  try {
    appendFileSync(HISTORY_FILE, `${text.replaceAll('\n', ' ')}\n`, { mode: 0o600 });
  } catch {}
};
