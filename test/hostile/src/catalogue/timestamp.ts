import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { type HostileDelivery, KEY } from '../entry.ts';

const MALFORMED = '401 TIMESTAMP_MALFORMED';

type Change = (timestamp: string) => string | readonly string[] | undefined;

function timestamp(
  name: string,
  change: Change,
  expected: string,
  reason: string,
  overHttp?: string | null,
): HostileDelivery {
  const headers: HostileDelivery['headers'] = (good) => ({
    ...good,
    [TIMESTAMP_HEADER]: change(good[TIMESTAMP_HEADER] ?? ''),
  });
  return {
    name: `timestamp: ${name}`,
    headers,
    expected,
    reason,
    ...(overHttp !== undefined && { overHttp }),
  };
}

function age(seconds: number, expected: string): HostileDelivery {
  const reason = expected.startsWith('503')
    ? 'nobody can capture a delivery of the future, so it is authentic and our clock is slow'
    : 'five minutes are tolerated in both directions, exact to the second';
  return { name: `timestamp: signed ${seconds} s from now`, signedAtSeconds: seconds, expected, reason };
}

const fullWidth = (digits: string) =>
  digits.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));

export const TIMESTAMPS: readonly HostileDelivery[] = [
  age(0, '200 handled'),
  age(-299, '200 handled'),
  age(-300, '200 handled'),
  age(-301, '401 TIMESTAMP_TOO_OLD'),
  age(299, '200 handled'),
  age(300, '200 handled'),
  age(301, '503 CLOCK_SUSPECT'),
  age(-86_400, '401 TIMESTAMP_TOO_OLD'),
  age(86_400, '503 CLOCK_SUSPECT'),
  timestamp('no header', () => undefined, '401 TIMESTAMP_MISSING', 'the age is unknown'),
  timestamp('empty', () => '', '401 TIMESTAMP_MISSING', 'an empty header counts as missing'),
  timestamp('a space', () => ' ', MALFORMED, 'it has no digits', '401 TIMESTAMP_MISSING'),
  timestamp(
    'a leading zero',
    (good) => `0${good}`,
    MALFORMED,
    'Showpad writes none, and one time must have only one text',
  ),
  timestamp(
    'many leading zeros',
    (good) => good.padStart(15, '0'),
    MALFORMED,
    'one time must have only one text',
  ),
  timestamp('zero', () => '0', MALFORMED, 'it begins with a zero'),
  timestamp('full-width digits', fullWidth, MALFORMED, 'it is not ASCII'),
  timestamp(
    'Arabic-Indic digits',
    (good) => good.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
    MALFORMED,
    'it is not ASCII',
  ),
  timestamp('a float', (good) => `${good}.0`, MALFORMED, 'only whole seconds are accepted'),
  timestamp('a decimal comma', (good) => `${good},5`, MALFORMED, 'only whole seconds are accepted'),
  timestamp('an exponent', () => '17e8', MALFORMED, 'only digits are accepted'),
  timestamp('hexadecimal', () => '0x6553f100', MALFORMED, 'only digits are accepted'),
  timestamp('octal', () => '0o14524770400', MALFORMED, 'only digits are accepted'),
  timestamp(
    'an underscore',
    (good) => `${good.slice(0, 4)}_${good.slice(4)}`,
    MALFORMED,
    'only digits are accepted',
  ),
  timestamp('a plus', (good) => `+${good}`, MALFORMED, 'only digits are accepted'),
  timestamp('negative', (good) => `-${good}`, MALFORMED, 'only digits are accepted'),
  timestamp('negative zero', () => '-0', MALFORMED, 'only digits are accepted'),
  timestamp('2^53', () => String(2 ** 53), MALFORMED, 'it has 16 digits'),
  timestamp('2^64', () => '18446744073709551616', MALFORMED, 'it has 20 digits'),
  timestamp('100,000 digits', () => '9'.repeat(100_000), MALFORMED, 'at most 15 digits are read', '431'),
  timestamp('15 nines', () => '9'.repeat(15), '401 TIMESTAMP_IN_FUTURE', 'it is well formed, but far away'),
  timestamp('one', () => '1', '401 TIMESTAMP_TOO_OLD', 'it is well formed, but far away'),
  timestamp(
    'milliseconds',
    (good) => `${good}000`,
    '401 TIMESTAMP_IN_FUTURE',
    'it is well formed, but far away',
  ),
  timestamp('NaN', () => 'NaN', MALFORMED, 'only digits are accepted'),
  timestamp('Infinity', () => 'Infinity', MALFORMED, 'only digits are accepted'),
  timestamp('null', () => 'null', MALFORMED, 'only digits are accepted'),
  timestamp('a date', () => new Date().toISOString(), MALFORMED, 'only digits are accepted'),
  timestamp('an HTTP date', () => new Date().toUTCString(), MALFORMED, 'only digits are accepted'),
  timestamp(
    'a space in it',
    (good) => `${good.slice(0, 5)} ${good.slice(5)}`,
    MALFORMED,
    'only digits are accepted',
  ),
  timestamp('a NUL after it', (good) => `${good}\0`, MALFORMED, 'only digits are accepted', '400'),
  timestamp('a newline after it', (good) => `${good}\n`, MALFORMED, 'a newline is not a digit either', null),
  timestamp('repeated', (good) => [good, good], MALFORMED, 'nobody can know which of them was signed'),
  timestamp('a list', (good) => `${good},${good}`, MALFORMED, 'it must be one timestamp and not a list'),
  timestamp('in quotes', (good) => `"${good}"`, MALFORMED, 'only digits are accepted'),
  timestamp(
    'one second later than the signed one',
    (good) => String(Number(good) + 1),
    '401 SIGNATURE_MISMATCH',
    'the timestamp is signed with the body',
  ),
  {
    name: 'timestamp: moved into the body',
    // The HMAC is over the body, a full stop and the timestamp. These are the same bytes, cut at another place.
    headers: (good) => ({
      ...good,
      [SIGNATURE_HEADER]: sign('{}.1', KEY, Number(good[TIMESTAMP_HEADER])),
      [TIMESTAMP_HEADER]: `1.${good[TIMESTAMP_HEADER]}`,
    }),
    sentBody: () => Buffer.from('{}'),
    expected: MALFORMED,
    reason: 'a timestamp contains no full stop, so the bytes can be cut at one place only',
  },
];
