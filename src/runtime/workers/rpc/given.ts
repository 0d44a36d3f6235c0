/** What a worker that another has loaded is given: its env, and where its fetches go. */
import { chunk } from '../../link.ts';
import { JSONParse, ObjectDefineProperty, ObjectKeys } from '../../primordials.ts';
import { decode } from './values.ts';

/** @param more JSON text: the pairs, as beside any payload, and the service that fetches go to, if any */
export function given(env: object, payload: unknown, more: string): void {
  const { pairs, outbound } = JSONParse(more) as { pairs: unknown[]; outbound?: number };
  if (outbound !== undefined) chunk('fetch').setOutbound(outbound);
  const values = decode(payload, { pairs, stubs: [], local: undefined }) as Record<string, unknown> | undefined;
  if (values === undefined) return;
  const names = ObjectKeys(values);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    ObjectDefineProperty(env, name, { value: values[name], writable: true, enumerable: true, configurable: true });
  }
}
