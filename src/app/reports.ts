/** What an app says of itself while it runs, on its way to the observers: its console, and its exceptions with stacks as its source has them. */
import type { Observer } from '../ports/observer.ts';
import { LOG_LEVELS } from '../protocol/ops.ts';
import type { AppEvent } from './event.ts';
import type { StackMapper } from './stack.ts';

export type ReportsOf = { app: string; version: string; observer: Observer; stacks: StackMapper; mostLogged?: number | undefined; onLogCut?: () => void };

export class Reports {
  readonly #of: ReportsOf;

  constructor(of: ReportsOf) {
    this.#of = of;
  }

  /** @param told see Post.log */
  log(event: AppEvent | undefined, level: unknown, text: unknown, told?: unknown): void {
    const { app, version, observer, stacks, mostLogged = Number.POSITIVE_INFINITY } = this.#of;
    const length = String(text).length + 1;
    const before = event?.logged ?? 0;
    if (event !== undefined) event.logged += length;
    if (before > mostLogged) return;
    if (before + length > mostLogged) return this.#cut(event, mostLogged);
    const name = LOG_LEVELS[level as number] ?? 'log';
    const shown = stacks.mapText(String(text));
    event?.trace?.log(name, shown, typeof told === 'string' ? told : undefined, stacks);
    observer.console({ app, version, requestId: event?.requestId, level: name, text: shown });
  }

  /** `Post.shell`: what a person's line came to. */
  shown(event: AppEvent | undefined, [kind, text]: unknown[]): void {
    event?.shown(String(kind), this.#of.stacks.mapText(String(text)));
  }

  /** An op of the host's own failed: the operator is to know, the app is not. */
  opFailed(op: number, error: unknown): void {
    const { app, observer } = this.#of;
    observer.warn('an op failed', { app, op, error: String(error) });
  }

  #cut(event: AppEvent | undefined, most: number): void {
    const text = `[log cut: more than ${most} characters in one invocation]`;
    const { app, version, observer, onLogCut } = this.#of;
    event?.trace?.log('warn', text);
    observer.console({ app, version, requestId: event?.requestId, level: 'warn', text });
    onLogCut?.();
  }

  /** `Post.threw`: the event's handler did. */
  threw(event: AppEvent | undefined, [name, message, stack, passThrough]: unknown[]): void {
    const { app, version, observer, stacks } = this.#of;
    const error = stacks.describe(String(name), String(message), String(stack));
    event?.trace?.exception(error);
    observer.exception(app, version, event?.requestId, 'Uncaught', error);
    event?.fail({ name: 'exception', error, passThrough: passThrough === 1 });
  }

  /** `Post.uncaught` */
  uncaught(event: AppEvent | undefined, [name, message, stack, where]: unknown[]): void {
    const { app, version, observer, stacks } = this.#of;
    const error = stacks.describe(String(name), String(message), String(stack));
    event?.trace?.exception(error);
    observer.exception(app, version, event?.requestId, String(where), error);
    if (where === 'waitUntil') event?.waitUntilFailed({ name: 'exception', error, passThrough: false });
  }
}
