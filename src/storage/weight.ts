/** About how many bytes a value takes on its way to another process: what is small beside its contents does not count. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let weight = 0;
  if (Array.isArray(value)) for (const one of value as readonly unknown[]) weight += MEMBER_BYTES + weightOf(one);
  else for (const name in value) weight += MEMBER_BYTES + weightOf((value as Record<string, unknown>)[name]);
  return weight;
}

const MEMBER_BYTES = 8;
