/** Rewrites for tests: whole documents, and documents in chunks. */
import { Sync } from '../../../../protocol/ops.ts';
import { attach } from '../../../bridge.ts';
import '../../../chunks/base.ts';
import '../../../chunks/events.ts';
import '../../../chunks/encoding.ts';
import '../../../chunks/streams.ts';
import { Response } from '../../../web/response.ts';
import { ReadableStream } from '../../../web/streams/readable-stream.ts';
import { HTMLRewriter } from '../html-rewriter.ts';

export type Given = string | Uint8Array;
export type Setup = (rewriter: HTMLRewriter) => unknown;

/** What tests call on a response; the real types say unknown. */
type Readable = {
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
  body: { getReader(): { read(): Promise<{ done: boolean; value: Uint8Array }>; cancel(reason?: unknown): Promise<void> } };
};

type Encoder = { encode(text: string): Uint8Array };
type HostDecoder = { decode(bytes: Uint8Array): string };
// Node's own: the runtime's files see no types of it.
const host = globalThis as unknown as { TextEncoder: new () => Encoder; TextDecoder: new (label: string, options: object) => HostDecoder };
const encoder = new host.TextEncoder();

// The host's part: long texts and legacy encodings.
attach(
  () => {},
  (op, _event, ...args) => {
    if (op === Sync.encodeUtf8) return encoder.encode(args[0] as string).buffer;
    if (op === Sync.decodeText) return new host.TextDecoder(args[1] as string, { ignoreBOM: true }).decode(args[2] as Uint8Array);
    throw new Error(`unexpected synchronous op ${op}`);
  },
);

export const bytesOf = (given: Given): Uint8Array => (typeof given === 'string' ? encoder.encode(given) : given);

/** A stream of these chunks, one for each pull. */
export function streamOf(chunks: readonly unknown[]): ReadableStream {
  let next = 0;
  return new ReadableStream({
    pull(controller: { enqueue(chunk: unknown): void; close(): void }) {
      if (next === chunks.length) controller.close();
      else controller.enqueue(chunks[next++]);
    },
  });
}

export function transformed(given: Given | readonly Given[], setup: Setup, contentType = 'text/html'): Response & Readable {
  const rewriter = new HTMLRewriter();
  setup(rewriter);
  const chunks = (Array.isArray(given) ? (given as readonly Given[]) : [given as Given]).map(bytesOf);
  return rewriter.transform(new Response(streamOf(chunks), { headers: { 'content-type': contentType } })) as Response & Readable;
}

export function rewrite(given: Given | readonly Given[], setup: Setup): Promise<string> {
  return transformed(given, setup).text();
}

export async function rewriteBytes(given: Given | readonly Given[], setup: Setup, contentType?: string): Promise<Uint8Array> {
  return new Uint8Array(await transformed(given, setup, contentType).arrayBuffer());
}

/** The document cut into chunks of one size. */
export function cut(given: Given, size: number): Uint8Array[] {
  const bytes = bytesOf(given);
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
  return chunks;
}
