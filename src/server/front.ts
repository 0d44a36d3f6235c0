/**
 * The front process: with several trust groups it takes the connections and passes each request on to an engine of its
 * app's group. It runs no tenant code and knows no more of apps than their names, groups and addresses.
 *
 * It speaks the messages of an engine, so that the supervisor starts, replaces and drains it like one.
 */
import type { FromEngine, ToEngine } from '../protocol/engine.ts';
import { answerMessages, beat, ignoreSignals, tellMetrics } from './channel.ts';
import { LISTEN_FD } from './engine-launch.ts';
import { Front } from './front-core.ts';
import { ParentChannel } from './parent-channel.ts';
import { raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';
import { answerSoon } from './walls/slices.ts';

const channel = new ParentChannel<ToEngine, FromEngine>();
const { tell } = channel;

let front: Front | undefined;

const handle = async (message: ToEngine): Promise<void> => {
  switch (message.type) {
    case 'configure': {
      const libc = loadLibc();
      front = new Front(message.config, libc);
      answerSoon(libc);
      raiseWalls(libc);
      beat(tell);
      return tell({ type: 'ready' });
    }
    case 'apps':
      front?.changeApps(message);
      return tell({ type: 'applied', apps: message.apps.length });
    case 'listen':
      if (front !== undefined) tell({ type: 'listening', port: await front.listen({ fd: LISTEN_FD }) });
      return;
    case 'drain': {
      const drained = front?.drain(message.ms, () => tell({ type: 'drained' }));
      tell({ type: 'closed' });
      await drained;
      return end();
    }
    case 'metrics':
      return tellMetrics(tell, message.call, front);
    case 'trigger':
      return tell({ type: 'triggered', call: message.call, result: { outcome: 'noEngine' } });
  }
};

const end = (): never => {
  front?.close();
  process.exit(0);
};

// What an error of its own left undone nobody knows: another front takes over.
const failed = (error: unknown): never => {
  process.stderr.write(`the front met an error of its own and is replaced: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
};
process.on('uncaughtException', failed);
process.on('unhandledRejection', failed);

channel.onMessage(answerMessages(handle, failed));
// The supervisor is gone: nobody would ever stop this process.
channel.onEnd(end);
ignoreSignals();
