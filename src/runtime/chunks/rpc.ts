/** Service bindings, stubs, and calls from other isolates. */
import { serviceNumber } from '../../protocol/rpc.ts';
import { thrownError } from '../workers/rpc/errors.ts';
import { given } from '../workers/rpc/given.ts';
import { makeService } from '../workers/rpc/kinds.ts';
import { ownExports } from '../workers/rpc/loopback.ts';
import { decodeProps } from '../workers/rpc/props.ts';
import { dropEvent, receive, released } from '../workers/rpc/receive.ts';
import { Fetcher, RpcPromise, RpcProperty, RpcStub } from '../workers/rpc/stub.ts';
import { provide } from '../link.ts';

const offers = {
  bind: (index: number): object => makeService(serviceNumber(index)),
  decodeProps,
  dropEvent,
  makeService,
  ServiceStub: Fetcher,
  given,
  ownExports,
  receive,
  released,
  RpcPromise,
  RpcProperty,
  RpcStub,
  thrownError,
};

declare module '../link.ts' {
  interface Chunks {
    rpc: typeof offers;
  }
}

provide('rpc', offers);
