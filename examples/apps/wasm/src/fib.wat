;; The source of fib.wasm: Fibonacci numbers, modulo 2^64.
(module
  (func (export "fib") (param $n i32) (result i64)
    (local $a i64)
    (local $b i64)
    (local.set $b (i64.const 1))
    (block
      (loop
        (br_if 1 (i32.eqz (local.get $n)))
        (i64.add (local.get $a) (local.get $b))
        (local.set $a (local.get $b))
        (local.set $b)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br 0)))
    (local.get $a)))
