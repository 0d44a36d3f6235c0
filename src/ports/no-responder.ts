/** For events that are not answered over HTTP: an answer all the same goes nowhere. */
import type { Responder } from './responder.ts';

export class NoResponder implements Responder {
  send(): void {}
  start(): boolean {
    return true;
  }
  write(): undefined {}
  end(): void {}
  abort(): void {}
  async pipe(): Promise<void> {}
}
