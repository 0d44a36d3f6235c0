// biome-ignore-all lint/security/noGlobalEval: that it cannot be used is what this is about.
// biome-ignore-all lint/suspicious/useIterableCallbackReturn: it returns what it will.
const attempts = {
  eval: () => eval('1'),
  'indirect eval': () => (0, eval)('1'),
  Function: () => Function('return 1')(),
  'new Function': () => new Function('return 1')(),
  'function.constructor': () => (() => {}).constructor('return 1')(),
  'async function': () => (async () => {}).constructor('return 1')(),
  generator: () => function* () {}.constructor('yield 1')(),
  'async generator': () => async function* () {}.constructor('yield 1')(),
  'Reflect.construct': () => Reflect.construct(Function, ['return 1'])(),
  'a subclass': () => new (class extends Function {})('return 1')(),
  'a bound built-in': () => Array.prototype.map.bind([]).constructor('return 1')(),
  'a native prototype': () => Object.getPrototypeOf(Object.getPrototypeOf(async () => {})).constructor('return 1')(),
  'a Web API': () => fetch.constructor('return 1')(),
  'a class': () => Response.constructor('return 1')(),
  'a proxy': () => new Proxy(() => {}, {}).constructor('return 1')(),
  'an error stack': () => {
    let found;
    Error.prepareStackTrace = (_, sites) => sites.forEach((site) => (found ??= site.getFunction?.()));
    new Error('x').stack;
    delete Error.prepareStackTrace;
    return (found ?? (() => {})).constructor('return 1')();
  },
};

export default {
  fetch() {
    const results = Object.entries(attempts).map(([name, attempt]) => {
      try {
        return [name, String(attempt())];
      } catch (error) {
        return [name, `${error.name}: ${error.message}`];
      }
    });
    const wrong = results.filter(([, result]) => result !== 'EvalError: Code generation from strings disallowed for this context');
    return Response.json({ attempts: results.length, wrong });
  },
};
