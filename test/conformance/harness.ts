/** The suite's own harness, made to run inside a worker's module. */
import type { Suite } from './suite.ts';

/**
 * testharness.js as the body of a function. It takes the worker for a bare shell; when the test's body has run is
 * told by `onLoad`; unhandled rejections are counted by inside.js, since a test may have them on purpose.
 */
export function harnessSource(suite: Suite): string {
  const source = suite.text('resources/testharness.js') ?? '';
  return [
    ['var test_environment = create_test_environment();', 'var test_environment = new ShellTestEnvironment();'],
    ['Promise.resolve().then(function() {\n            this.all_loaded = true;', 'onLoad(function() {\n            this.all_loaded = true;'],
    ['    var tests = new Tests();\n\n    if (global_scope.addEventListener) {', '    var tests = new Tests();\n\n    if (false) {'],
    ['})(self);', '})(globalThis);'],
  ].reduce(
    (text, [from = '', to = '']) => replaceOnce(text, from, to),
    source.replace(/var stylesheetContent = "\\[\s\S]*?\\\n";/, 'var stylesheetContent = "";'),
  );
}

/** idlharness.js, which evaluates strings and takes what is no window for no global scope. */
export function idlHarnessSource(source: string): string {
  const shown = 'if (\'Window\' in self) {\n        return globals.has("Window");';
  const worker = 'if (true) {\n        return globals.has("Worker") || globals.has("DedicatedWorker") || globals.has("ServiceWorker");';
  return replaceOnce(replaceOnce(source, 'obj = eval(desc);', 'obj = evaluate(desc);'), shown, worker);
}

/** `{{host}}`, `{{ports[http][0]}}` and their like, as the suite's server fills them in: one host and one port for all. */
export function substitute(text: string, origin: string): string {
  const { hostname, port } = new URL(origin);
  return text
    .replace(/\{\{(?:host|domains\[[^\]]*\]|hosts\[[^\]]*\]\[[^\]]*\])\}\}/g, hostname)
    .replace(/\{\{ports\[\w+\]\[\d\]\}\}/g, port)
    .replace(/\{\{[^}]*\}\}/g, '');
}

function replaceOnce(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`This version of the suite's harness is not known: it has no ${JSON.stringify(from)}`);
  return text.replace(from, () => to);
}
