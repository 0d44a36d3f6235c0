/**
 * Props of an entrypoint: data and services, which the host keeps for as long as anybody may call the entrypoint.
 *
 * Contract: what arrives is a structured clone, whatever the app has done to `toJSON`; what is neither data nor a
 * service is refused where it is given. Bytes travel as text, a character each.
 */
import { chunk } from '../../link.ts';
import {
  ArrayPrototypePush,
  NumberCtor,
  StringFromCharCode,
  StringPrototypeCharCodeAt,
  StringPrototypeSplit,
  TypedArrayPrototypeGetLength,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { makeService } from './kinds.ts';
import { plainText } from './plain.ts';
import { requireData, transferableService } from './values.ts';

/** What a service in props is, among externals. */
const SERVICE = 0;

/**
 * Props as the host takes them: their text, and the services in them.
 * @throws DataCloneError
 */
export function encodeProps(props: unknown): [text: string, ...services: (number | string)[]] {
  const plain = plainText(props);
  if (plain !== undefined) return [plain];
  const encoded: [string, ...(number | string)[]] = [''];
  const bytes = chunk('values').serialize(props, (object) => {
    const service = transferableService(object);
    if (service !== undefined) return { kind: SERVICE, data: ArrayPrototypePush(encoded, service) - 2 };
    requireData(object);
    return undefined;
  });
  let text = '~';
  const length = TypedArrayPrototypeGetLength(bytes);
  for (let i = 0; i < length; i++) text += StringFromCharCode(bytes[i] as number);
  encoded[0] = text;
  return encoded;
}

/** @param numbers of the services in this isolate, with commas between */
export function decodeProps(text: string, numbers: string): unknown {
  const services = StringPrototypeSplit(numbers, ',');
  const bytes = new Uint8ArrayCtor(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = StringPrototypeCharCodeAt(text, i);
  return chunk('values').deserialize(bytes, (_kind, data) => makeService(NumberCtor(services[data as number])));
}
