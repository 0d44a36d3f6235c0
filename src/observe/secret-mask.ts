/** Hides the values of secrets in text that leaves for a log. */

/** Shorter values would blot out half of every line, and hide nothing worth hiding. */
const SHORTEST = 4;

export class SecretMask {
  readonly #pattern: RegExp | undefined;

  constructor(values: readonly string[]) {
    // The longest first, so that a secret which contains another is hidden as a whole.
    const parts = [...new Set(values)].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
    // A log line may hold the value as JSON writes it (quotes and line breaks escaped).
    const forms = parts.flatMap((value) => [...new Set([value, JSON.stringify(value).slice(1, -1)])]);
    this.#pattern = forms.length === 0 ? undefined : new RegExp(forms.map((form) => RegExp.escape(form)).join('|'), 'g');
  }

  mask(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, '***');
  }
}
