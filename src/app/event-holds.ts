/** What holds an event beyond its answer, or as its answer: sockets that are open, and what other events have of it. */
export class EventHolds {
  #sockets = 0;
  /** How many of the sockets are the response. */
  #upgraded = 0;
  #lent = 0;
  /** What of that the event has to stay for. */
  #retained = 0;
  #hadAny = false;

  /** Sockets open. */
  get sockets(): number {
    return this.#sockets;
  }

  /** What other events have of this one, which they may use to answer it. */
  get lent(): number {
    return this.#lent;
  }

  get any(): boolean {
    return this.#sockets > 0 || this.#lent > 0;
  }

  /** The response is still under way, or something of it lent to others. */
  get answer(): boolean {
    return this.#upgraded > 0 || this.#retained > 0;
  }

  /** It has had sockets, or lent something: the isolate is told when it is over. */
  get hadAny(): boolean {
    return this.#hadAny;
  }

  /** A socket is open. @returns closes it, once */
  keep(isResponse: boolean, closed: () => void): () => void {
    this.#sockets++;
    if (isResponse) this.#upgraded++;
    this.#hadAny = true;
    return once(() => {
      if (this.#sockets > 0) this.#sockets--;
      if (isResponse && this.#upgraded > 0) this.#upgraded--;
      closed();
    });
  }

  /** Another event gets something. @returns takes it back, once */
  lend(isAnswer: boolean, returned: (isLast: boolean) => void): () => void {
    this.#lent++;
    if (isAnswer) this.#retained++;
    this.#hadAny = true;
    return once(() => {
      this.#lent--;
      if (isAnswer && this.#retained > 0) this.#retained--;
      returned(this.#lent === 0);
    });
  }

  /** The event is to end whatever holds it. What was lent is still out. */
  dropAll(): void {
    this.#sockets = 0;
    this.#upgraded = 0;
    this.#retained = 0;
  }
}

const once = (act: () => void): (() => void) => {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
};
