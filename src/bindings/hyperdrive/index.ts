/** Databases: `env.NAME.connect()` and what drivers make of `connectionString`. All there is on the host is where sockets go. */
import { invalidCall } from '../../base/op-error.ts';
import type { Binding, BindingManifest, Origin } from '../binding.ts';

class HyperdriveBinding implements Binding {
  readonly origin: Origin;

  constructor(origin: Origin) {
    this.origin = origin;
  }

  call(): never {
    throw invalidCall();
  }
}

export const hyperdriveManifest: BindingManifest = {
  type: 'hyperdrive',
  open: (_name, { host, port, isTrusted, tls }) =>
    new HyperdriveBinding({ host: String(host), port: Number(port), isTrusted: isTrusted === true, tls: tls === 'on' || tls === 'verify' ? tls : 'off' }),
};
