/**
 * The runtime's entry: builds the global scope from a table and hands the host one function.
 *
 * Contract, binding on changes to this file: it is evaluated while the start-up snapshot is made, so
 * it may not use what does not exist then (host functions, WebAssembly, SharedArrayBuffer); those are
 * dealt with in `boot`, which runs once in every new context, before any tenant code.
 */
import { BOOT_GLOBAL, Entry, Shell, Sync } from '../protocol/ops.ts';
import { attach, callSync, dropCalls, enterEvent, settle } from './bridge.ts';
import { defineGlobals } from './globals.ts';
import { chunk, openGlobals, peek, setChunkSource } from './link.ts';
import { ObjectDefineProperty } from './primordials.ts';
import { forbidCodeGeneration } from './web/code-generation.ts';
import { replaceDate } from './web/coarse-clock.ts';
import { replaceFinalizationRegistry } from './web/finalization-registry.ts';
import { abortInbound, forgetInbound } from './web/inbound.ts';
import { handleFetch } from './workers/dispatch.ts';
import { countResizableBuffers, setBufferLimit } from './web/resizable-buffers.ts';
import { setAsideOriginals } from './web/originals.ts';
import { builtins, load } from './workers/load.ts';

type Scope = Record<string, unknown>;
const scope = globalThis as unknown as Scope;

defineGlobals(scope);
openGlobals();
forbidCodeGeneration(scope);
countResizableBuffers(scope);
replaceFinalizationRegistry(scope);
replaceDate(scope);

/** The one function the host calls. `kind` is one of Entry. */
function enter(kind: number, event: number, ...args: unknown[]): unknown {
  switch (kind) {
    case Entry.fetch:
      return handleFetch(event, args);
    case Entry.settle:
      return settle(args);
    case Entry.timer:
      return chunk('timers').fireTimer(event, args[0] as number);
    case Entry.scheduled:
    case Entry.queue:
    case Entry.tail:
      return chunk('unanswered').handleUnanswered(kind, event, args);
    case Entry.rejection:
      return chunk('events').tellRejection(event, args);
    case Entry.rejectionHandled:
      return peek('rejections')?.tellHandled(event);
    case Entry.abort:
      return endEvent(event, args[0] as string);
    case Entry.load:
      return load(args[0] as number, args[1], args[2]);
    case Entry.socket:
      return peek('websocket')?.socketEvent(event, args[0] as number, args[1] as number, args[2], args[3], args[4], args[5]);
    case Entry.rpc:
      return chunk('rpc').receive(event, args);
    case Entry.rpcRelease:
      enterEvent(event);
      return peek('rpc')?.released(args[0] as number);
    case Entry.shell:
      enterEvent(event);
      if (args[0] === Shell.show) return chunk('inspect').show(event, args[1] as () => Promise<unknown>, args[2] as string);
      return args[0] === Shell.complete ? chunk('inspect').complete(args[1] as string) : undefined;
  }
  return undefined;
}

/** The client of an event is gone, for which there is a reason; or the host is done with the event: what still waits for it is forgotten. */
function endEvent(event: number, reason: string): void {
  enterEvent(event);
  if (reason !== '') return abortInbound(event, reason);
  peek('timers')?.dropTimers(event);
  peek('websocket')?.dropSockets(event);
  peek('rpc')?.dropEvent(event);
  dropCalls(event);
  forgetInbound(event);
}

/** Connects a new context to its host. */
function boot(send: Parameters<typeof attach>[0], call: Parameters<typeof attach>[1], memoryMb: number): typeof enter {
  attach(send, call);
  setChunkSource((name) => callSync(Sync.chunk, name) as string);
  setAsideOriginals(scope, memoryMb);
  setBufferLimit(memoryMb * 1_048_576);
  return enter;
}

ObjectDefineProperty(scope, BOOT_GLOBAL, { value: { boot, builtins }, configurable: true });
