/** Hides the values of secrets in text that leaves for a log, or for the tail workers that may log it. */

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

/** As much of an app's record as says what its secrets are. */
type Secretive = {
  secretNames: readonly string[];
  vars: Readonly<Record<string, unknown>>;
  bindings: readonly { type: string; options: Readonly<Record<string, unknown>> }[];
};

/** What hides the secrets of an app, its own and those of stores it has bound; undefined where it has none. */
export function secretMaskOf({ secretNames, vars, bindings }: Secretive): SecretMask | undefined {
  const stored = bindings.map(({ type, options }) => (type === 'secret' ? options['value'] : undefined));
  const values = [...secretNames.map((name) => vars[name]), ...stored].filter((value) => typeof value === 'string');
  return values.length === 0 ? undefined : new SecretMask(values);
}
