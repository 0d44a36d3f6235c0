/**
 * Text on a terminal, in lines of the log and answers of commands: what is in them must not be able to steer it, nor to show text in another order than it has.
 *
 * JSON writes out C0 controls itself. What it leaves are DEL, C1 controls, which many terminals act on (U+009B is what begins a
 * colour, or clears the screen), the marks that turn the direction of text, and line breaks of Unicode's own.
 */

const LEFT_BY_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ALL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A line of JSON, with the same meaning. */
export function visibleJson(line: string): string {
  return line.replace(LEFT_BY_JSON, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text, for a person; line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replace(ALL, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
