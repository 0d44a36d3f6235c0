/** Answers of servers, of which a command believes nothing: they may be long, broken off, or something else altogether. */
import type { IncomingMessage } from 'node:http';
import { CommandError } from './command.ts';

/** The whole of an answer. @throws CommandError where it is longer than `most` bytes, or breaks off */
export async function readAnswer(response: IncomingMessage, most: number, from: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new Error('the answer is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw new CommandError(`${from} broke off: ${(error as Error).message}`);
  }
  return Buffer.concat(chunks).toString();
}

/** @throws CommandError where what answers is something else */
export function checkIsAdmin(response: IncomingMessage, from: string): void {
  if (response.headers['x-nano-admin'] !== undefined) return;
  response.destroy();
  throw new CommandError(`what answers at ${from} is not the admin port of a NANO server (status ${response.statusCode})`);
}

/** The object that a JSON text is; undefined where it is none. */
export function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
