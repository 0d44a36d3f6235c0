/** Calls of an object of this isolate through a stub: with the same copies, references and rules as those of another's. */
import { PromisePrototypeThen, PromiseResolve } from '../../primordials.ts';
import { thrownFrom, thrownMessage } from './errors.ts';
import type { Held } from './held.ts';
import { disposeStub, handOver, type StubState } from './kinds.ts';
import { perform } from './perform.ts';
import { withDisposer } from './result.ts';
import { decode, encode, type Message, type Received } from './values.ts';

/** @param message undefined for a property */
export async function callHeld(held: Held, names: readonly string[], message: Message | undefined): Promise<unknown> {
  // Not before whoever called has gone on, as with any call.
  await undefined;
  const given: StubState[] = [];
  let answer: Message;
  held.add();
  try {
    const args = message === undefined ? undefined : (copyOf(message, given) as unknown[]);
    if (message !== undefined) handOver(message.stubs);
    const result = perform({ object: held.target, ownAllowed: held.ownAllowed, isEntrypoint: false }, names, args);
    answer = encode(await PromisePrototypeThen(PromiseResolve(result), (value) => value));
  } catch (error) {
    throw thrownFrom(copyOf(thrownMessage(error), []));
  } finally {
    for (let i = 0; i < given.length; i++) disposeStub(given[i] as StubState);
    held.drop();
  }
  const stubs: StubState[] = [];
  const value = copyOf(answer, stubs);
  for (let i = 0; i < answer.stubs.length; i++) disposeStub(answer.stubs[i] as StubState);
  return withDisposer(value, stubs);
}

const copyOf = (message: Message, stubs: StubState[]): unknown => {
  const received: Received = { pairs: message.pairs, stubs, local: message };
  const value = decode(message.payload, received);
  // What was lent for the way is not needed any more.
  message.undo();
  return value;
};
