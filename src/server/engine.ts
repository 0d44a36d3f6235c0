/**
 * The engine process: data plane and isolates. It is told what to do over its channel and ends with it.
 */
import type { FromEngine, ToEngine } from '../protocol/engine.ts';
import { expectStarved } from '../isolate/overrun.ts';
import { answerMessages, beat, ignoreSignals, tellMetrics } from './channel.ts';
import { LISTEN_FD } from './engine-launch.ts';
import { Engine } from './engine-core.ts';
import { ParentChannel } from './parent-channel.ts';
import { missingWalls, raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';
import { leaveThreadsRunning } from './walls/signals.ts';
import { answerSoon, standBack } from './walls/slices.ts';

const channel = new ParentChannel<ToEngine, FromEngine>();
const { tell } = channel;

let engine: Engine | undefined;
let counting: Promise<void> | undefined;

/** An app's errors may be as long as it likes, what the supervisor hears of them may not. */
const MOST_LETTERS = 10_000;
const clipped = (text: string): string => (text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS)}…`);

const handle = async (message: ToEngine): Promise<void> => {
  switch (message.type) {
    case 'configure': {
      const libc = loadLibc();
      engine = new Engine(
        message.config,
        {
          catastrophe: (app, text) => tell({ type: 'catastrophe', app, message: clipped(text) }),
          restless: (app) => tell({ type: 'restless', app }),
          starved: () => tell({ type: 'starved' }),
          storesForCache: () => tell({ type: 'storesForCache' }),
        },
        libc,
      );
      await engine.boot();
      const { standsBack } = message.config;
      if (standsBack === 'idle') {
        standBack(libc);
        expectStarved();
      } else if (standsBack === undefined) answerSoon(libc);
      leaveThreadsRunning(libc);
      engine.walled(missingWalls(raiseWalls(libc)));
      beat(tell);
      return tell({ type: 'ready' });
    }
    case 'apps':
      engine?.changeApps(message);
      return tell({ type: 'applied', apps: message.apps.length });
    case 'listen':
      if (engine !== undefined) tell({ type: 'listening', port: await engine.listen({ fd: LISTEN_FD }) });
      return;
    case 'drain': {
      const drained = engine?.drain(message.ms);
      tell({ type: 'closed' });
      await drained;
      await counting;
      tell({ type: 'drained' });
      return engine === undefined ? process.exit(0) : engine.exitNow();
    }
    case 'trigger':
      // It may take minutes; whoever asked waits for the answer, nobody else does.
      void engine?.trigger(message.trigger).then((result) => {
        const { error } = result;
        tell({ type: 'triggered', call: message.call, result: error === undefined ? result : { ...result, error: clipped(error) } });
      });
      return;
    case 'metrics':
      // With many apps it takes a while, in which other messages are answered.
      counting = tellMetrics(tell, message.call, engine);
      return;
  }
};

// An error that nothing here has caught: what it left undone nobody knows, so this engine finishes what it has and goes.
const failed = (error: unknown): void => {
  process.stderr.write(`the engine met an error of its own and is replaced: ${error instanceof Error ? error.stack : String(error)}\n`);
  engine?.fail(error instanceof Error ? error.message : String(error));
};
process.on('uncaughtException', failed);
process.on('unhandledRejection', failed);

channel.onMessage(
  answerMessages(handle, (error) => {
    process.stderr.write(`the engine cannot go on: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }),
);
// The supervisor is gone: nobody would ever stop this process.
channel.onEnd(() => (engine === undefined ? process.exit(0) : engine.exitNow()));
ignoreSignals();
