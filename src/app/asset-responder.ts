/**
 * Answers requests with static assets, before any worker is asked.
 *
 * Contract: a request is either answered here, to its end, or handed on untouched. Small files go out of memory in the
 * same turn; large ones from disk at the client's pace.
 */
import { withFlatHeader } from '../base/flat-headers.ts';
import { type AppOpenings, type Openings, TooManyOpenError } from '../base/openings.ts';
import type { AssetSites } from '../bindings/assets/index.ts';
import { type AssetRequest, readRequest } from '../bindings/assets/request.ts';
import type { AssetSite } from '../bindings/assets/site.ts';
import { StreamBody } from '../ops/body-stream.ts';
import type { FetchClient, FetchMessage } from '../ports/event-client.ts';
import type { AppRecord } from '../protocol/engine.ts';

/** What answers for the assets of an app's version; undefined where it has none. */
export function respondWith(sites: AssetSites, record: AppRecord, openings?: Openings): AssetResponder | undefined {
  const site = sites.of(record);
  return site === undefined ? undefined : new AssetResponder(site, sites, openings?.of(record.name));
}

export class AssetResponder {
  readonly #site: AssetSite;
  readonly #files: AssetSites['files'];
  readonly #openings: AppOpenings | undefined;

  constructor(site: AssetSite, { files }: AssetSites, openings: AppOpenings | undefined) {
    this.#openings = openings;
    this.#site = site;
    this.#files = files;
  }

  /** @param toWorker takes what is not for the assets */
  fetch(message: FetchMessage, client: FetchClient, toWorker: () => void): void {
    if (this.#site.isLoaded) return this.#route(message, client, toWorker);
    this.#site.load().then(
      () => this.#route(message, client, toWorker),
      (error: unknown) => fail(message, client, error),
    );
  }

  #route(message: FetchMessage, client: FetchClient, toWorker: () => void): void {
    const request = readRequest(message.head);
    // What is no URL, such as the "*" of OPTIONS, names no file.
    if (request === undefined || this.#site.isForWorker(request)) return toWorker();
    this.#answer(request, message, client);
  }

  #answer(request: AssetRequest, message: FetchMessage, client: FetchClient): void {
    // Another worker reads what it gets.
    const { status, statusText, headers, body, length } = this.#site.answer(request, (message.depth ?? 0) === 0);
    message.body?.cancel();
    if (body === undefined) {
      client.send(status, statusText, length === undefined ? headers : withLength(headers, length), undefined);
      return;
    }
    const { dir } = this.#site;
    const { file, size, start, end } = body;
    const isWhole = start === 0 && end === size - 1;
    // Whatever is said of a file's coding, it is sent as it is.
    const send = (bytes: Uint8Array): void => client.send(status, statusText, headers, isWhole ? bytes : bytes.subarray(start, end + 1), true);
    const failed = (error: unknown): void => fail(message, client, error);
    if (!this.#files.isKept(size)) {
      this.#files
        .stream(dir, file, start, end, this.#openings)
        .then((stream) => client.pipe(status, statusText, withLength(headers, end - start + 1), new StreamBody(stream, { length: end - start + 1 }), true))
        .catch(failed);
      return;
    }
    const kept = this.#files.peek(dir, file);
    if (kept !== undefined) send(kept);
    else this.#files.read(dir, file).then(send).catch(failed);
  }
}

const withLength = (headers: string, length: number): string => withFlatHeader(headers, 'content-length', length);

const fail = (message: FetchMessage, client: FetchClient, error: unknown): void => {
  message.body?.cancel();
  const text = error instanceof Error ? error.message : String(error);
  const name = error instanceof TooManyOpenError ? 'tooBusy' : 'internal';
  client.fail({ name, error: { name: 'Error', message: `A static asset cannot be read: ${text}`, stack: '' }, passThrough: false });
};
