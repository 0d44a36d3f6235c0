/** What a command shows a running server that wants to see a token. */
import type { OptionSpec, Parsed } from './command.ts';

export const TOKEN_OPTION: Readonly<Record<'token', OptionSpec>> = {
  token: { type: 'string', value: 'TOKEN', help: 'what the server wants to see (NANO_TOKEN)' },
};

/** The token that is given, if one is. */
export function tokenOf(input: Parsed): string | undefined {
  const token = input.text('token') ?? process.env['NANO_TOKEN'];
  return token === '' ? undefined : token;
}
