/**
 * The configuration that a build tool has made, and that stands in for the project's own: `.wrangler/deploy/config.json`
 * names it. The Vite plugin writes both, and frameworks that build with it (React Router, Astro, TanStack Start).
 *
 * Contract: as wrangler does for `dev` and `deploy`. Paths in what is named are relative to it; secrets for development
 * stay beside the project's own configuration. What is named has no environments: the build has chosen one.
 * https://developers.cloudflare.com/workers/wrangler/configuration/#generated-wrangler-configuration
 */
import { dirname, relative, resolve } from 'node:path';
import { readDocument } from './document.ts';
import { type AppFiles, DEPLOY_CONFIG, isFile } from './find-app.ts';
import { configError } from './problem.ts';

/** The files of the app as its build tool left them; as they are where none did. @throws ConfigError where it leads nowhere */
export function followRedirect(files: AppFiles): AppFiles {
  const { deployConfig } = files;
  if (deployConfig === undefined) return files;
  const document = readDocument(deployConfig, '{ "configPath": "../../dist/wrangler.json" }');
  const named = document.value['configPath'];
  const hint = `Build the project again, or remove ${DEPLOY_CONFIG} to have the project's own configuration.`;
  if (typeof named !== 'string' || named === '')
    throw configError({ file: deployConfig, key: 'configPath', message: 'The required "configPath" property was not found.', hint });
  const configPath = resolve(dirname(deployConfig), named);
  if (!isFile(configPath)) {
    const shown = relative(files.dir, configPath);
    throw configError({ file: deployConfig, key: 'configPath', message: `The redirected configuration path it points to, "${shown}", does not exist.`, hint });
  }
  return { ...files, dir: dirname(configPath), configPath, main: undefined };
}

/** @param target `targetEnvironment` of the configuration that the build has made */
export function wrongEnvironment(env: string | undefined, target: unknown): string | undefined {
  if (env === undefined || typeof target !== 'string' || target === env) return undefined;
  return `You have specified the environment "${env}". This does not match the target environment "${target}" that was used when building the application.`;
}
