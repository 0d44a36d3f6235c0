/** The answer that tells of a failure, as the runtime reads it. */
export function failureText(message: string): string {
  return JSON.stringify({ error: message });
}
