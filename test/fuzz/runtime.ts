/** The runtime's parsers. Their types are of the world inside, which the host's compiler does not know: here is what is used of them. */

type Pairs = Iterable<[string, unknown]>;
type MimeType = object;

const load = async <T>(file: string): Promise<T> => (await import(new globalThis.URL(`../../src/runtime/${file}`, import.meta.url).href)) as T;

export const { URL } = await load<{ URL: new (input: string, base?: string) => { href: string } }>('web/url/url.ts');
export const { Headers } = await load<{ Headers: typeof globalThis.Headers }>('web/headers.ts');
export const { parseMimeType, serializeMimeType } = await load<{
  parseMimeType(input: string): MimeType | null;
  serializeMimeType(type: MimeType): string;
}>('web/mime-type.ts');
export const { parseMultipart } = await load<{ parseMultipart(bytes: Uint8Array, type: MimeType): Pairs | null }>('web/multipart.ts');
export const { processDataUrl } = await load<{ processDataUrl(url: string): object | null }>('web/data-url.ts');
export const { limitMemory } = await load<{ limitMemory(bytes: Uint8Array, maxPages: number): object | undefined }>('web/wasm/limit-memory.ts');
export const { serialize, deserialize } = await load<{ serialize(value: unknown): Uint8Array; deserialize(bytes: Uint8Array): unknown }>(
  'workers/wire-values.ts',
);
