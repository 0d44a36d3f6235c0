/**
 * A question the benchmarks answer: what is asked, how it is measured, what came out.
 *
 * Contract: a question starts everything it needs in fresh processes, lets the contestants take turns, reports
 * medians, and leaves nothing behind.
 */

/** How much time to take. */
export type Effort = {
  quick: boolean;
  /** Turns of each contestant. */
  rounds: number;
  /** Seconds of load in one turn. */
  seconds: number;
  /** Tells a person what is going on. */
  tell(line: string): void;
};

export type Unit = 'req/s' | 'msg/s' | 'errors' | 'connections' | 'ms' | 'µs' | 'MB' | 'GB/s' | '×' | '%' | 's';

/** What a value should be. */
export type Goal = { atLeast: number } | { under: number };

export type Row = {
  what: string;
  /** Undefined: it could not be measured; `note` says why. */
  value: number | undefined;
  unit: Unit;
  goal?: Goal;
  note?: string;
};

export interface Question {
  readonly name: string;
  /** The question itself, as a sentence. */
  readonly title: string;
  /** How it is measured and what the figures do not say: for the reader of the page. */
  readonly method: string;
  /** Why goals are missed, as far as it is known: printed where one is. */
  readonly shortfall?: string;
  run(effort: Effort): Promise<Row[]>;
}
