/** What commands on secrets share: where the secrets are, and values that nobody sees. */
import { readServerConfig } from '../config/server.ts';
import { LIMITS } from '../protocol/limits.ts';
import { SecretsError } from '../server/secrets/key-ring.ts';
import { SecretStore } from '../server/secrets/secret-store.ts';
import { CommandError, type Parsed } from './command.ts';
import { readHidden, readInput } from './standard-input.ts';

/** The secrets of the data folder that is meant. */
export function openStore(input: Parsed): SecretStore {
  const { dataDir, secretsKeyFile } = readServerConfig(input.text('config'), { overrides: { dataDir: input.text('data') } });
  return new SecretStore({ dataDir, keyFile: secretsKeyFile, fromEnv: process.env['NANO_SECRETS_KEY'] });
}

/** Asks for a value, or reads it from standard input. */
export async function readValue(name: string): Promise<string> {
  return checked(name, (process.stdin.isTTY ? await readHidden(`Value of ${name}: `) : await readInput()).trimEnd());
}

/** @throws CommandError for a value that cannot be one */
export function checked(key: string, value: string): string {
  const most = LIMITS.envVarBytes.default;
  if (value === '') throw new CommandError(`the value of ${key} is empty: nothing is stored`);
  if (Buffer.byteLength(value) > most) throw new CommandError(`the value of ${key} has ${Buffer.byteLength(value)} bytes; ${most} are allowed`);
  return value;
}

/** What is wrong with secrets is the command's failure. */
export async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SecretsError ? new CommandError(error.message) : error;
  }
}
