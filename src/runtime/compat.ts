/**
 * The compatibility flags of the app, as far as they are not as the newest date has them (see protocol/compat.ts).
 *
 * Contract: set once, before any of the app's code; what asks for a flag asks when it is used, since the snapshot is older than the app.
 */
import { ArrayPrototypeIncludes } from './primordials.ts';

let differences: readonly string[] = [];

/** Takes what the host says of the app. */
export function setCompatibility(names: readonly string[]): void {
  differences = names;
}

/** Is a flag that is on at the newest date off for the app, or the other way about? @param name the name that turns the flag on */
export const differs = (name: string): boolean => differences.length !== 0 && ArrayPrototypeIncludes(differences, name);
