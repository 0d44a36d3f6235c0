/** The public interface: what the commands are made of, for a program that brings NANO with it. */
export { LIMITS, type Limit, type LimitName } from './protocol/limits.ts';
export { ClientErrors, type ClientError, type ClientErrorName } from './protocol/errors.ts';
export { ConfigError } from './config/problem.ts';
export { readServerConfig } from './config/server.ts';
export type { ServerConfig, ServerOverrides } from './config/server-config.ts';
export { type OpenOptions, openSupervisor } from './server/open-supervisor.ts';
export { StartError } from './server/start-error.ts';
export type { Supervisor } from './server/supervisor.ts';
