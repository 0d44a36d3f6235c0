/** Two connections become one: what comes on the one leaves on the other, without the isolate. */
import type { MessageSocket } from '../../ports/message-socket.ts';

/** Unsent bytes on one side from which on the other is not read. */
const MOST_WAITING = 1024 * 1024;

/** Connects them. @param onOver called when both are closed */
export function couple(a: MessageSocket, b: MessageSocket, onOver: () => void): void {
  let open = 2;
  const over = (): void => {
    if (--open === 0) onOver();
  };
  link(a, b, over);
  link(b, a, over);
}

function link(from: MessageSocket, to: MessageSocket, over: () => void): void {
  let waiting = 0;
  from.start({
    message: (data) => {
      const bytes = data.length;
      waiting += bytes;
      if (waiting > MOST_WAITING) from.pause();
      to.send(data, () => {
        const wasFull = waiting > MOST_WAITING;
        waiting -= bytes;
        if (wasFull && waiting <= MOST_WAITING) from.resume();
      });
    },
    closed: (code, reason) => {
      if (code === 1006) to.terminate();
      else to.close(code === 1005 ? 0 : code, reason);
      over();
    },
  });
}
