/** Whole numbers as arguments of bindings, converted as workerd converts them. */
import { MathTrunc, NumberIsFinite, TypeErrorCtor } from '../../primordials.ts';

/** `int`: 32 bits with a sign; what is no finite number is 0. @throws TypeError for more */
export function int32(value: unknown): number {
  const number = +(value as number);
  if (!NumberIsFinite(number)) return 0;
  if (number < -2147483648 || number >= 2147483648) throw new TypeErrorCtor('Value out of range. Must be between -2147483648 and 2147483647 (inclusive).');
  return MathTrunc(number);
}
