/** Adds what to do to esbuild's messages: its own advice is about its options, which nobody here can set. */
import type { Message } from 'esbuild';
import { isNodeModule, type NodeCompat, nodeModuleHint } from './externals.ts';

const UNRESOLVED = /^Could not resolve "(.+?)"$/;
const NO_LOADER = /^No loader is configured for "(.+?)" files/;
const MAX_MESSAGES = 20;

/** Messages as they are shown: the first few, with advice, without paths of this machine. */
export function withAdvice(messages: readonly Message[], compat: NodeCompat): Message[] {
  return messages.slice(0, MAX_MESSAGES).map((message) => {
    const advice = adviceFor(message, compat);
    return { ...message, pluginName: '', ...(advice !== undefined && { notes: [{ text: advice, location: null }] }) };
  });
}

function adviceFor({ text, notes }: Message, compat: NodeCompat): string | undefined {
  const name = UNRESOLVED.exec(text)?.[1];
  if (name === '__STATIC_CONTENT_MANIFEST')
    return 'Workers Sites ("site") are not supported: serve the files with "assets" instead. Without a worker they need no code at all.';
  if (name !== undefined) {
    if (notes.some((note) => note.text.includes('nodejs_compat') || note.text.includes('"nano:'))) return undefined;
    if (name.startsWith('virtual:'))
      return 'A build tool such as Vite makes this module. Build the project first, as with "npm run build": NANO takes what the build says.';
    if (isNodeModule(name)) return nodeModuleHint(name, compat);
    if (/^\.{0,2}\//.test(name)) return 'There is no such file. Correct the path; it is relative to the importing file.';
    const parts = name.split('/');
    const packageName = name.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
    const why = notes.find((note) => /exports|conditions|browser/.test(note.text))?.text;
    return `${why === undefined ? '' : `${why}\n`}Install the package with "npm install ${packageName}" in the project's folder, or add an entry to "alias" in your Wrangler configuration.`;
  }
  const ending = NO_LOADER.exec(text)?.[1];
  if (ending !== undefined)
    return `Add a module rule to your configuration, for example "rules": [{ "type": "Data", "globs": ["**/*${ending}"] }], or "Text" for text.`;
  return undefined;
}
