/** What a person or another program hands to a command. */
import { CommandError } from './command.ts';

const ENTER = ['\r', '\n'];
const INTERRUPT = '\u0003';
const END = '\u0004';
const BACKSPACE = ['\u007f', '\b'];

/** All of standard input, as text. */
export async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A line that is typed at the terminal and not shown there. @throws CommandError when it is broken off */
export function readHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (settle: () => void): void => {
      stdin.off('data', read).setRawMode(false).pause();
      stderr.write('\n');
      settle();
    };
    const read = (text: string): void => {
      for (const character of text) {
        if (ENTER.includes(character) || character === END) return finish(() => resolve(typed));
        if (character === INTERRUPT) return finish(() => reject(new CommandError('broken off: nothing is changed')));
        typed = BACKSPACE.includes(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.on('data', read);
  });
}
