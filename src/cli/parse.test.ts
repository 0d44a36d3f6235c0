import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, UsageError } from './command.ts';
import { commandHelp, groupHelp } from './help.ts';
import { parseCommand } from './parse.ts';

const COMMAND: Command = {
  name: 'try',
  summary: 'Tries.',
  usage: '[CODE]',
  positionals: 1,
  options: {
    port: { type: 'string', short: 'p', value: 'PORT', help: 'where' },
    var: { type: 'string', multiple: true, help: 'variable' },
    quick: { type: 'boolean', help: 'no time' },
  },
  run: async () => 0,
};

function fails(args: string[], message: RegExp): void {
  assert.throws(
    () => parseCommand(COMMAND, args),
    (error) => error instanceof UsageError && message.test(error.message),
  );
}

test('parse: options in every form, the last one wins', () => {
  const input = parseCommand(COMMAND, ['-p', '1', '--var', 'A:1', '--port=2', 'code', '--var=B:2', '--quick']);
  assert.equal(input.text('port'), '2');
  assert.deepEqual(input.list('var'), ['A:1', 'B:2']);
  assert.deepEqual(input.positionals, ['code']);
  assert.equal(input.flag('quick'), true);
  assert.equal(input.text('nothing'), undefined);
});

test('parse: code that starts with a dash is code', () => {
  assert.deepEqual(parseCommand(COMMAND, ['-1 + 2']).positionals, ['-1 + 2']);
  assert.deepEqual(parseCommand(COMMAND, ['--', '--x']).positionals, ['--x']);
  assert.equal(parseCommand(COMMAND, ['--port', '-1']).text('port'), '-1');
});

test('parse: what is wrong is named, with a suggestion', () => {
  fails(['--prot', '1'], /unknown option "--prot"; did you mean "--port"\?/);
  fails(['--constructor'], /unknown option "--constructor"$/);
  fails(['-x'], /unknown option "-x"/);
  fails(['--port'], /--port needs a value: --port PORT/);
  fails(['--port', '--quick'], /--port needs a value/);
  fails(['--quick=1'], /--quick takes no value/);
  fails(['a', 'b'], /nothing to do with "b"/);
});

test('help: every option with its value and text', () => {
  assert.equal(
    commandHelp(COMMAND),
    'Usage: nano try [CODE] [options]\n\nTries.\n\nOptions:\n  -p, --port PORT  where\n      --var VALUE  variable\n      --quick      no time\n  -h, --help       show this\n',
  );
});

test('help: a group lists its commands with all of their words', () => {
  const load = async (): Promise<Command> => COMMAND;
  const help = groupHelp({ name: 'box key', summary: 'Keys.', commands: [{ name: 'put', usage: 'KEY', summary: 'write one', load }] });
  assert.match(help, /^Usage: nano box key COMMAND\n/);
  assert.match(help, /\n {2}nano box key put KEY {2}write one\n/);
});
