/**
 * The JsonWebKey dictionary.
 * @see https://w3c.github.io/webcrypto/#JsonWebKey-dictionary
 */
import { StringPrototypeSplit } from '../../primordials.ts';
import { type Converter, DOMString } from '../../webidl.ts';
import { boolean, dictionary, sequence, type Member } from '../../webidl-types.ts';

const texts = (keys: string): Member<unknown>[] => {
  const members: Member<unknown>[] = [];
  const names = StringPrototypeSplit(keys, ' ');
  for (let i = 0; i < names.length; i++) members[i] = { key: names[i] as string, converter: DOMString };
  return members;
};

let converter: Converter<object> | undefined;

/** Members are read in lexicographical order. `priv` and `pub` are those of ML-DSA keys. */
export const jsonWebKey: Converter<object> = (value, context) => {
  if (converter === undefined) {
    const members = texts('alg crv d dp dq e ext k key_ops kty n oth p priv pub q qi use x y');
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as Member<unknown>;
      if (member.key === 'ext') member.converter = boolean;
      if (member.key === 'key_ops') member.converter = sequence(DOMString);
      if (member.key === 'oth') member.converter = sequence(dictionary('RsaOtherPrimesInfo', texts('d r t')));
    }
    converter = dictionary<object>('JsonWebKey', members);
  }
  return converter(value, context);
};
