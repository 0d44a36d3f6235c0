/**
 * The parser of event streams: text in, in pieces of any size; events out.
 * @see https://html.spec.whatwg.org/#event-stream-interpretation
 */
import { NumberParseInt, StringPrototypeCharCodeAt, StringPrototypeIncludes, StringPrototypeIndexOf, StringPrototypeSlice } from '../../primordials.ts';

export type StreamEvent = { type: string; data: string; lastEventId: string };

/** What a parser tells. */
export type StreamHandlers = {
  event(event: StreamEvent): void;
  /** An id without an event. */
  identified(lastEventId: string): void;
  /** The server says how long to wait before a new connection, in milliseconds. */
  retry(milliseconds: number): void;
};

export class StreamParser {
  readonly #handlers: StreamHandlers;
  /** A line that has not ended yet. */
  #rest = '';
  /** The last piece ended with a CR: an LF at the start of the next one belongs to it. */
  #afterCr = false;
  #data = '';
  #hasData = false;
  #type = '';
  #id: string;

  /** @param lastEventId of an earlier connection, which holds until the stream sets another */
  constructor(handlers: StreamHandlers, lastEventId = '') {
    this.#handlers = handlers;
    this.#id = lastEventId;
  }

  /** Takes the next piece, decoded and without a byte order mark. */
  push(piece: string): void {
    if (piece === '') return;
    let at = 0;
    if (this.#afterCr && StringPrototypeCharCodeAt(piece, 0) === 10) at = 1;
    this.#afterCr = false;
    let lf = StringPrototypeIndexOf(piece, '\n', at);
    let cr = StringPrototypeIndexOf(piece, '\r', at);
    while (lf >= 0 || cr >= 0) {
      const isCr = cr >= 0 && (lf < 0 || cr < lf);
      const end = isCr ? cr : lf;
      const part = StringPrototypeSlice(piece, at, end);
      const line = this.#rest === '' ? part : this.#rest + part;
      this.#rest = '';
      at = end + 1;
      if (isCr && at === lf) at++;
      else if (isCr && at === piece.length) this.#afterCr = true;
      this.#line(line);
      if (lf >= 0 && lf < at) lf = StringPrototypeIndexOf(piece, '\n', at);
      if (cr >= 0 && cr < at) cr = StringPrototypeIndexOf(piece, '\r', at);
    }
    if (at < piece.length) this.#rest += StringPrototypeSlice(piece, at);
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch();
    const colon = StringPrototypeIndexOf(line, ':');
    if (colon === 0) return;
    const name = colon < 0 ? line : StringPrototypeSlice(line, 0, colon);
    const start = StringPrototypeCharCodeAt(line, colon + 1) === 32 ? colon + 2 : colon + 1;
    const value = colon < 0 ? '' : StringPrototypeSlice(line, start);
    switch (name) {
      case 'event':
        this.#type = value;
        return;
      case 'data':
        this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
        this.#hasData = true;
        return;
      case 'id':
        if (!StringPrototypeIncludes(value, '\0')) this.#id = value;
        return;
      case 'retry':
        if (isDigits(value)) this.#handlers.retry(NumberParseInt(value, 10));
        return;
    }
  }

  /** @see https://html.spec.whatwg.org/#dispatchMessage */
  #dispatch(): void {
    const event = { type: this.#type === '' ? 'message' : this.#type, data: this.#data, lastEventId: this.#id };
    const hasData = this.#hasData;
    this.#data = '';
    this.#type = '';
    this.#hasData = false;
    // Without data there is no event, but an id that came holds.
    if (hasData) this.#handlers.event(event);
    else this.#handlers.identified(event.lastEventId);
  }
}

const isDigits = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit < 48 || unit > 57) return false;
  }
  return text !== '';
};
