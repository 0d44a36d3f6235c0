/**
 * Changes the texts in JSON text, and leaves its structure as it is.
 *
 * Contract: whatever goes in, it takes linear time and no recursion; of JSON text comes JSON text. Keys and strings are
 * changed as the texts they stand for. A number, true, false or null that is changed becomes a string.
 */

/** A string, or what is left of it where it does not end, or anything else that is a value. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"?|[^\s",:[\]{}]+/gs;

/** Undefined for what is no JSON text, where that is noticed. */
export function changeStrings(json: string, change: (text: string) => string): string | undefined {
  try {
    return json.replace(TOKENS, (token) => {
      const text = token.startsWith('"') ? (JSON.parse(token) as string) : token;
      const changed = change(text);
      return changed === text ? token : JSON.stringify(changed);
    });
  } catch {
    return undefined;
  }
}
