import type { Buffer } from 'node:buffer';
import { bodyVariants } from './body-variants.ts';
import { distinct, type MismatchCause, type Variant } from './cause.ts';

type Layout = (body: Buffer, timestamp: string) => readonly (Buffer | string)[];

const LAYOUTS: readonly Variant<Layout>[] = [
  { cause: undefined, detail: '', value: (body, timestamp) => [body, `.${timestamp}`] },
  {
    cause: 'signed-order',
    detail: 'the timestamp, a full stop and then the body',
    value: (body, timestamp) => [`${timestamp}.`, body],
  },
  { cause: 'signed-body-alone', detail: 'only the body', value: (body) => [body] },
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
  const variants: Variant<string | undefined>[] = [
    { cause: 'timestamp-form', detail: 'the timestamp without white space', value: trimmed },
    {
      cause: 'timestamp-milliseconds',
      detail: 'the timestamp in seconds, but it is sent in milliseconds',
      value: isNumber ? `${Math.floor(number / 1000)}` : undefined,
    },
    {
      cause: 'timestamp-milliseconds',
      detail: 'the timestamp in milliseconds, but it is sent in seconds',
      value: isNumber ? `${number * 1000}` : undefined,
    },
    {
      cause: 'timestamp-form',
      detail: 'the timestamp as a whole number without leading zeros',
      value: isNumber ? `${Math.floor(number)}` : undefined,
    },
  ];
  return distinct(timestamp, variants, (text) => text);
}

type Mistake = Variant<unknown> & { readonly cause: MismatchCause };

/** One way to sign a delivery. */
export interface SigningAttempt {
  readonly key: Buffer;
  readonly parts: readonly (Buffer | string)[];
  readonly mistakes: readonly Mistake[];
}

const MAX_MISTAKES = 2;

/** Every way to sign with at most two mistakes, those with the fewest first. */
export function* signingAttempts(
  keys: readonly Variant<Buffer>[],
  body: Uint8Array,
  timestamp: string,
): Generator<SigningAttempt> {
  const bodies = bodyVariants(body);
  const times = timestampVariants(timestamp);
  for (let count = 0; count <= MAX_MISTAKES; count++) {
    for (const key of keys) {
      for (const signed of bodies) {
        if (mistakesOf(key, signed).length > count) continue;
        for (const layout of LAYOUTS) {
          for (const time of times) {
            const mistakes = mistakesOf(key, signed, layout, time);
            if (mistakes.length !== count) continue;
            yield { key: key.value, parts: layout.value(signed.value, time.value), mistakes };
          }
        }
      }
    }
  }
}

function mistakesOf(...used: readonly Variant<unknown>[]): readonly Mistake[] {
  return used.filter((variant): variant is Mistake => variant.cause !== undefined);
}
