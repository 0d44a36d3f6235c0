/** A WebAssembly module, imported like any other: the import is a compiled `WebAssembly.Module`. fib.wat is its source. */
import module from './fib.wasm';

const { fib } = new WebAssembly.Instance(module).exports as { fib(n: number): bigint };

export default {
  fetch(request: Request): Response {
    const n = Number(new URL(request.url).searchParams.get('n') ?? '10');
    if (!Number.isInteger(n) || n < 0 || n > 93) return new Response('n must be a whole number from 0 to 93\n', { status: 400 });
    return Response.json({ n, fib: BigInt.asUintN(64, fib(n)).toString() });
  },
};
