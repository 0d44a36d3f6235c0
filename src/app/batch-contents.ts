/** A batch of messages as an isolate takes it. */
import type { Batch } from '../bindings/queues/messages.ts';
import { contentsOf, idsOf, isText } from '../bindings/queues/parcels.ts';
import type { BatchMessage } from '../ports/event-client.ts';

/** @returns `message` for Entry.queue, and what the store calls each message by, in their order */
export function openBatch(queue: string, { parts, metrics }: Batch): { seqs: number[]; message: BatchMessage } {
  const seqs: number[] = [];
  const heads: string[] = [];
  const texts: string[] = [];
  const bytes: Uint8Array[] = [];
  for (const part of parts) {
    if ('parcel' in part) {
      const contents = contentsOf(part.parcel);
      texts.push(contents.text);
      bytes.push(...contents.bytes);
      const ids = idsOf(part.id, contents.heads.length);
      contents.heads.forEach(([type, length], index) => {
        seqs.push(part.seq - index);
        heads.push(`["${ids[index]}",${part.sent},1,"${type}",${length}]`);
      });
      continue;
    }
    const { seq, id, sent, attempts, type, body } = part;
    seqs.push(seq);
    heads.push(JSON.stringify([id, sent, attempts, type, body.length]));
    if (isText(type)) texts.push(String(body));
    else bytes.push(body as Uint8Array);
  }
  const head = `{"queue":${JSON.stringify(queue)},"metrics":${JSON.stringify(metrics)},"messages":[${heads.join(',')}]}`;
  return { seqs, message: { head, text: texts.join(''), bytes: bytes.length === 0 ? undefined : Buffer.concat(bytes) } };
}
