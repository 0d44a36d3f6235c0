/** Opens a gate to what the supervisor grants, in a process that has stores, and tells it when it is done. */
import type { FromStore, ToStore } from '../protocol/store.ts';
import type { Gate } from '../storage/gate.ts';

export function followGrants(gate: Gate, tell: (message: FromStore) => void): void {
  process.on('message', (message: ToStore) => {
    if (message.type !== 'grants') return;
    gate.setGrants(message.grants);
    tell({ type: 'granted', call: message.call });
  });
}
