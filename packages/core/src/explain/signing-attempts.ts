import { Buffer } from 'node:buffer';
import { bodyVariants } from './body-variants.ts';
import { distinct, type MismatchCause, type Variant } from './cause.ts';

/** A mistake more, and the work multiplies: two at once are looked for while that many bytes are to be hashed. */
const MAX_HASHED_BYTES = 2 ** 29;

type Layout = (body: Buffer, timestamp: string) => readonly (Buffer | string)[];

const LAYOUTS: readonly Variant<Layout>[] = [
  { cause: undefined, detail: '', value: (body, timestamp) => [body, `.${timestamp}`] },
  {
    cause: 'signed-order',
    detail: 'the timestamp, a full stop and then the body',
    value: (body, timestamp) => [`${timestamp}.`, body],
  },
  { cause: 'signed-body-alone', detail: 'the body alone', value: (body) => [body] },
  {
    cause: 'signed-without-stop',
    detail: 'the body and the timestamp without a full stop',
    value: (body, timestamp) => [body, timestamp],
  },
];

function timestampVariants(timestamp: string): readonly Variant<string>[] {
  const trimmed = timestamp.trim();
  const number = Number(trimmed);
  const isNumber = /^\d+(\.\d+)?$/.test(trimmed);
  return distinct<string>(
    timestamp,
    [
      { cause: 'timestamp-form', detail: 'the timestamp without white space', value: trimmed },
      {
        cause: 'timestamp-milliseconds',
        detail: 'the timestamp in seconds, where it is sent in milliseconds',
        value: isNumber ? `${Math.floor(number / 1000)}` : undefined,
      },
      {
        cause: 'timestamp-milliseconds',
        detail: 'the timestamp in milliseconds, where it is sent in seconds',
        value: isNumber ? `${number * 1000}` : undefined,
      },
      {
        cause: 'timestamp-form',
        detail: 'the timestamp as a whole number without leading zeros',
        value: isNumber ? `${Math.floor(number)}` : undefined,
      },
    ],
    (text) => text,
  );
}

type Mistake = Variant<unknown> & { readonly cause: MismatchCause };

export interface SigningAttempt {
  readonly key: Buffer;
  readonly signed: Buffer;
  readonly layout: Layout;
  readonly time: string;
  readonly mistakes: readonly Mistake[];
}

/** Every way to sign with at most two mistakes, those with the fewest first. */
export function signingAttempts(
  keys: readonly Variant<Buffer>[],
  body: Uint8Array,
  timestamp: string,
): readonly SigningAttempt[] {
  const bodies = bodyVariants(body);
  const times = timestampVariants(timestamp);
  const hashedBytes = keys.length * bodies.length * times.length * LAYOUTS.length * body.byteLength;
  const maxMistakes = hashedBytes > MAX_HASHED_BYTES ? 1 : 2;
  const found: SigningAttempt[] = [];
  for (const key of keys) {
    for (const signed of bodies) {
      for (const layout of LAYOUTS) {
        for (const time of times) {
          const used: readonly Variant<unknown>[] = [key, signed, layout, time];
          const mistakes = used.filter(isMistake);
          if (mistakes.length > maxMistakes) continue;
          found.push({
            key: key.value,
            signed: signed.value,
            layout: layout.value,
            time: time.value,
            mistakes,
          });
        }
      }
    }
  }
  return found.sort((one, other) => one.mistakes.length - other.mistakes.length);
}

function isMistake(variant: Variant<unknown>): variant is Mistake {
  return variant.cause !== undefined;
}
