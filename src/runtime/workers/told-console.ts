/**
 * console where tail workers listen: a line goes to the host as its text, for the log, and as its values, for them.
 *
 * Contract: the text comes first, and is what it would be without tail workers. Reading values can run code of the app's
 * (getters, `toJSON`, `toString`), as on Workers: it runs in the call of console, whose every other step is done or yet to come.
 */
import { LOG_LEVELS } from '../../protocol/ops.ts';
import { currentEvent } from '../bridge.ts';
import { console } from '../web/console.ts';
import { formatLog } from '../web/console-format.ts';
import { isPrintedAsIs, print } from '../web/console-methods.ts';
import { toldValues } from './told-values.ts';

/** Characters of values that one event may send: as many as are kept of it. */
const MOST_TOLD = 128 * 1024;

let lastEvent = 0;
let told = 0;

/** Undefined where the text says it all, where nobody would be told, and where it would be too much. */
const valuesFor = (text: string, data: readonly unknown[]): string | undefined => {
  const event = currentEvent();
  if (event === 0 || (data.length === 1 && data[0] === text && isPrintedAsIs(text))) return undefined;
  if (event !== lastEvent) {
    lastEvent = event;
    told = 0;
  }
  if (told > MOST_TOLD) return undefined;
  const values = toldValues(data, MOST_TOLD);
  told += values?.length ?? 0;
  return values;
};

const log = (level: number, data: readonly unknown[]): void => {
  if (data.length === 0) return;
  const text = formatLog(data);
  print(level, text, valuesFor(text, data));
};

/** Replaces the methods of console that tail workers hear of. Before any code of the app's. */
export function tellValues(): void {
  for (let level = 0; level < LOG_LEVELS.length; level++) {
    const name = LOG_LEVELS[level] as (typeof LOG_LEVELS)[number];
    const made: Record<string, (...data: unknown[]) => void> = {
      [name](...data) {
        log(level, data);
      },
    };
    console[name] = made[name] as (typeof console)[typeof name];
  }
}
