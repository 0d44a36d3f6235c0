/** What all commands on a namespace share: finding it. */
import type { DataAnswer, DataBody } from '../../ports/stored-data.ts';
import type { Command, OptionSpec, Parsed } from '../command.ts';
import { withData } from '../data/data.ts';
import { TARGET_OPTIONS, target } from './target.ts';

/** Calls an operation on the namespace: "put" is "kv/put". */
export type KvCall = (operation: string, args: Readonly<Record<string, unknown>>, body?: DataBody) => Promise<DataAnswer>;

export type KvCommand = Pick<Command, 'name' | 'summary' | 'usage' | 'description' | 'positionals'> & {
  options?: Readonly<Record<string, OptionSpec>>;
  run(call: KvCall, input: Parsed): Promise<void>;
  /** Throws UsageError for what can be told before anything is opened. */
  check?(input: Parsed): void;
};

export function kvCommand({ options, run, check, ...rest }: KvCommand): Command {
  return {
    ...rest,
    options: { ...options, ...TARGET_OPTIONS },
    run: async (input) => {
      check?.(input);
      const { id, ...place } = await target(input);
      await withData(input, place, (data) => run((operation, args, body) => data.call(`kv/${operation}`, { id, ...args }, body), input));
      return 0;
    },
  };
}
