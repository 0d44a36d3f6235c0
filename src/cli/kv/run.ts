/** What all commands on a namespace share: opening it, and saying what went wrong. */
import { withNamespace } from '../../server/local-kv.ts';
import { type Command, CommandError, type OptionSpec, type Parsed } from '../command.ts';
import { TARGET_OPTIONS, target } from './target.ts';

type Namespace = Parameters<Parameters<typeof withNamespace>[3]>[0];

export type KvCommand = Pick<Command, 'name' | 'summary' | 'usage' | 'description' | 'positionals'> & {
  options?: Readonly<Record<string, OptionSpec>>;
  run(namespace: Namespace, input: Parsed): Promise<void>;
  /** Throws UsageError for what can be told before anything is opened. */
  check?(input: Parsed): void;
};

export function kvCommand({ options, run, check, ...rest }: KvCommand): Command {
  return {
    ...rest,
    options: { ...options, ...TARGET_OPTIONS },
    run: async (input) => {
      check?.(input);
      const { dataDir, name } = target(input);
      const told = (message: string): void => void process.stderr.write(`nano: ${message}\n`);
      try {
        await withNamespace(dataDir, name, told, (namespace) => run(namespace, input));
      } catch (error) {
        throw isAnswer(error) ? new CommandError(error.message) : error;
      }
      return 0;
    },
  };
}

/** A namespace refuses with an error that says all; those of the file system do, too. */
function isAnswer(error: unknown): error is Error {
  return error instanceof Error && (error.constructor.name === 'OpError' || 'code' in error);
}
