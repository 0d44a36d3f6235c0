/** What a call comes to, as the app gets it. */
import { ArrayPrototypeSlice, ObjectDefineProperty } from '../../primordials.ts';
import { Outcome } from '../../../protocol/rpc.ts';
import { isObject } from '../../webidl.ts';
import { thrownFrom } from './errors.ts';
import { disposeSymbol } from './held.ts';
import { disposeStub, serviceState, type StubState, stubOfHandle, stubState } from './kinds.ts';
import { decode, type Received } from './values.ts';

const nothing = (): void => undefined;

/** The answer of another isolate. @throws what the callee threw */
export function readAnswer(answer: unknown[]): unknown {
  const outcome = answer[0];
  const received: Received = { pairs: ArrayPrototypeSlice(answer, 2), stubs: [], local: undefined };
  const value = decode(answer[1], received);
  if (outcome === Outcome.threw) throw thrownFrom(value);
  if (outcome === Outcome.returnedDisposable) {
    const last = received.pairs[received.pairs.length - 1] as number;
    received.stubs[received.stubs.length] = stubState(stubOfHandle(last)) as StubState;
  }
  return withDisposer(value, received.stubs);
}

/** Every object that a call comes to can be disposed of, and all stubs in it with it. */
export function withDisposer(value: unknown, stubs: StubState[]): unknown {
  if (!isObject(value) || stubState(value) !== undefined || serviceState(value) !== undefined) return value;
  const dispose =
    stubs.length === 0
      ? nothing
      : (): void => {
          for (let i = 0; i < stubs.length; i++) disposeStub(stubs[i] as StubState);
        };
  ObjectDefineProperty(value, disposeSymbol(), { value: dispose, writable: true, enumerable: false, configurable: true });
  return value;
}
