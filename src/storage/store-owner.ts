/** Whoever calls stores: what is promised to them, files they have begun to write, say, ends when they are gone. */
export interface StoreOwner {
  /** As many answers wait to be taken as may: what else was asked for is to be put off. */
  readonly isFull: boolean;
  /** An answer was made, and is going to be sent when the round is over. */
  made(value: unknown): void;
}

/** The answer to a call that was put off: nothing was done, and it is to be made again. */
export const PUT_OFF = Symbol('put off');
