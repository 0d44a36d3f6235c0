/** One log line as a person wants to read it on a terminal. Input is the JSON line, so that both forms always say the same. */
import { visible } from '../base/visible.ts';

export type PrettyOptions = { colors: boolean };

const RESET = '\u001b[0m';
const DIM = '\u001b[2m';
const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const YELLOW = '\u001b[33m';
const BLUE = '\u001b[34m';
const CYAN = '\u001b[36m';

const LEVEL_COLORS: Readonly<Record<string, string>> = { debug: DIM, info: GREEN, warn: YELLOW, error: RED };

/** Fields with a place of their own, or of interest to machines only. */
const QUIET = new Set(['level', 'time', 'msg', 'event', 'app', 'version', 'requestId', 'stack', 'frame']);
const QUIET_REQUEST = new Set(['method', 'host', 'path', 'status', 'durationMs', 'cpuMs', 'bytesIn', 'bytesOut', 'outcome', 'error']);

/**
 * @param line JSON, as the logger made it
 * @returns text with its line break; what is not JSON comes back as it is
 */
export function prettyLine(line: string, options: PrettyOptions): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const paint = (color: string, text: string): string => (options.colors && text !== '' ? color + text + RESET : text);
  const parts = [paint(DIM, clockTime(record['time']))];
  const level = String(record['level']);
  if (record['event'] === 'request') parts.push(requestText(record, paint));
  else {
    if (record['event'] !== 'console' || level !== 'info') parts.push(paint(LEVEL_COLORS[level] ?? '', level));
    if (typeof record['app'] === 'string') parts.push(paint(CYAN, record['app']));
    parts.push(visible(String(record['msg'] ?? '')));
  }
  const isRequest = record['event'] === 'request';
  for (const [key, value] of Object.entries(record)) {
    if (QUIET.has(key) || (isRequest && QUIET_REQUEST.has(key)) || value === undefined) continue;
    parts.push(paint(DIM, `${key}=${visible(typeof value === 'string' ? value : JSON.stringify(value))}`));
  }
  let text = parts.join(' ');
  for (const key of ['frame', 'stack']) {
    const block = record[key];
    if (typeof block === 'string' && block !== '') text += `\n${indent(visible(block))}`;
  }
  return `${text}\n`;
}

function requestText(record: Record<string, unknown>, paint: (color: string, text: string) => string): string {
  const status = Number(record['status']);
  const color = status >= 500 ? RED : status >= 400 ? YELLOW : status >= 300 ? BLUE : GREEN;
  let text = `${paint(CYAN, String(record['app']))} ${visible(String(record['method']))} ${visible(String(record['path']))} ${paint(color, String(status))} ${paint(DIM, `${String(record['durationMs'])} ms`)}`;
  if (record['outcome'] !== 'ok') text += ` ${paint(YELLOW, String(record['outcome']))}`;
  if (typeof record['error'] === 'string') text += ` ${visible(record['error'])}`;
  return text;
}

function clockTime(time: unknown): string {
  const date = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN);
  if (Number.isNaN(date.getTime())) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
