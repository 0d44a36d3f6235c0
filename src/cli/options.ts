/** Options that several commands share; names and meaning follow wrangler. */
import type { WorkerOptions } from '../config/worker-config.ts';
import { type OptionSpec, type Parsed, UsageError } from './command.ts';

/** Options that change how an app's configuration is read. */
export const WORKER_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  env: { type: 'string', short: 'e', value: 'NAME', help: 'environment of the configuration file to use' },
  var: { type: 'string', multiple: true, value: 'KEY:VALUE', help: 'set a variable; can be repeated' },
  'compatibility-date': { type: 'string', value: 'DATE', help: 'compatibility date (YYYY-MM-DD)' },
  'compatibility-flags': { type: 'string', multiple: true, value: 'FLAG', help: 'compatibility flag; can be repeated' },
};

export const LOG_LEVEL: OptionSpec = { type: 'string', value: 'LEVEL', help: 'debug, info, warn, error or silent' };

export function workerOptions(input: Parsed): WorkerOptions {
  const flags = input
    .list('compatibility-flags')
    .flatMap((list) => list.split(/[\s,]+/))
    .filter((flag) => flag !== '');
  for (const one of input.list('var')) if (!one.includes(':')) throw new UsageError(`--var ${JSON.stringify(one)} is not KEY:VALUE`);
  return {
    env: input.text('env'),
    vars: input.list('var'),
    compatibilityDate: input.text('compatibility-date'),
    compatibilityFlags: flags.length === 0 ? undefined : flags,
    processEnv: process.env,
  };
}
