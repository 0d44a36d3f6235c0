/** What the parts of inspect share: the state of one call, and its limits. */

/** One call of inspect. */
export type Inspection = {
  colors: boolean;
  depth: number;
  /** The objects around the current one, outermost first. */
  around: object[];
  /** Objects that contain themselves → their number. */
  circular: Map<object, number>;
  /** Characters that may still be written. */
  left: number;
  /** Columns the current object is indented by. */
  indent: number;
  /** Formats a value inside the current object. */
  format: (value: unknown) => string;
};

/** Longest string shown whole, most items of an array and properties of an object shown. */
export const MAX_STRING = 10_000;
export const MAX_ITEMS = 100;
