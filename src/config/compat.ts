/** What is to be said of an app's compatibility flags: what workerd says, and what becomes of each here. */
import { FLAG_OF, isFlagOn } from '../protocol/compat.ts';
import { nearest } from './nearest.ts';

export type FlagProblem = { severity: 'error' | 'warning'; message: string; hint: string };

/** Errors for flags that do not exist or contradict each other, warnings for those that change nothing. The texts of errors are workerd's. */
export function flagProblems(date: string, flags: readonly string[]): FlagProblem[] {
  const problems: FlagProblem[] = [];
  const add = (severity: FlagProblem['severity'], message: string, hint: string): unknown => problems.push({ severity, message, hint });
  for (const [index, name] of flags.entries()) {
    const flag = FLAG_OF.get(name);
    if (flags.indexOf(name) !== index) add('error', `Compatibility flag specified multiple times: ${name}.`, 'Name it once.');
    else if (flag === undefined) {
      const meant = nearest(name, FLAG_OF.keys());
      add(
        'error',
        `No such compatibility flag: ${name}.`,
        meant === undefined ? 'Remove it; docs/reference/compatibility-flags.md has them all.' : `Did you mean ${meant}?`,
      );
    } else if (name === flag.on && flag.off !== undefined && flags.includes(flag.off))
      add('error', `Compatibility flags are mutually contradictory: ${flag.on} vs ${flag.off}.`, 'Keep one of them.');
    else if (name === flag.on && flag.status === 'unsupported') add('warning', `The compatibility flag ${name} is not supported yet.`, flag.story);
    else if (name === flag.off && flag.status === 'always')
      add('warning', `The compatibility flag ${name} has no effect: what ${flag.on} stands for holds at every date.`, flag.story);
    else if (name === flag.on && flag.since !== undefined && isFlagOn(flag, date, []))
      add('warning', `The compatibility flag ${name} became the default as of ${flag.since} so does not need to be specified anymore.`, 'Remove it.');
  }
  return problems;
}
