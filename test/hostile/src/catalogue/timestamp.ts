import { sign } from '@showpad-webhooks/core';
import { type HostileDelivery, SIGNATURE, TIMESTAMP } from '../entry.ts';

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
    [TIMESTAMP]: change(good[TIMESTAMP] ?? ''),
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
  const reason = 'five minutes both ways are tolerated, to the second';
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
  age(301, '401 TIMESTAMP_IN_FUTURE'),
  age(-86_400, '401 TIMESTAMP_TOO_OLD'),
  age(86_400, '401 TIMESTAMP_IN_FUTURE'),
  timestamp('no header', () => undefined, '401 TIMESTAMP_MISSING', 'an age can’t be told'),
  timestamp('empty', () => '', '401 TIMESTAMP_MISSING', 'an empty header is none'),
  timestamp('a space', () => ' ', MALFORMED, 'no digits', '401 TIMESTAMP_MISSING'),
  timestamp(
    'a leading zero',
    (good) => `0${good}`,
    MALFORMED,
    'Showpad writes none, and two texts of one time are one too many',
  ),
  timestamp('many leading zeros', (good) => good.padStart(15, '0'), MALFORMED, 'the same'),
  timestamp('zero', () => '0', MALFORMED, 'a leading zero'),
  timestamp('full-width digits', fullWidth, MALFORMED, 'not ASCII'),
  timestamp(
    'Arabic-Indic digits',
    (good) => good.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
    MALFORMED,
    'not ASCII',
  ),
  timestamp('a float', (good) => `${good}.0`, MALFORMED, 'whole seconds only'),
  timestamp('a decimal comma', (good) => `${good},5`, MALFORMED, 'whole seconds only'),
  timestamp('an exponent', () => '17e8', MALFORMED, 'digits only'),
  timestamp('hexadecimal', () => '0x6553f100', MALFORMED, 'digits only'),
  timestamp('octal', () => '0o14524770400', MALFORMED, 'digits only'),
  timestamp('an underscore', (good) => `${good.slice(0, 4)}_${good.slice(4)}`, MALFORMED, 'digits only'),
  timestamp('a plus', (good) => `+${good}`, MALFORMED, 'digits only'),
  timestamp('negative', (good) => `-${good}`, MALFORMED, 'digits only'),
  timestamp('negative zero', () => '-0', MALFORMED, 'digits only'),
  timestamp('2^53', () => String(2 ** 53), MALFORMED, '16 digits'),
  timestamp('2^64', () => '18446744073709551616', MALFORMED, '20 digits'),
  timestamp('100,000 digits', () => '9'.repeat(100_000), MALFORMED, 'at most 15 digits are read', '431'),
  timestamp('15 nines', () => '9'.repeat(15), '401 TIMESTAMP_IN_FUTURE', 'well formed, and far off'),
  timestamp('one', () => '1', '401 TIMESTAMP_TOO_OLD', 'well formed, and far off'),
  timestamp('milliseconds', (good) => `${good}000`, '401 TIMESTAMP_IN_FUTURE', 'well formed, and far off'),
  timestamp('NaN', () => 'NaN', MALFORMED, 'digits only'),
  timestamp('Infinity', () => 'Infinity', MALFORMED, 'digits only'),
  timestamp('null', () => 'null', MALFORMED, 'digits only'),
  timestamp('a date', () => new Date().toISOString(), MALFORMED, 'digits only'),
  timestamp('a date of HTTP', () => new Date().toUTCString(), MALFORMED, 'digits only'),
  timestamp('a space in it', (good) => `${good.slice(0, 5)} ${good.slice(5)}`, MALFORMED, 'digits only'),
  timestamp('a NUL after it', (good) => `${good}\0`, MALFORMED, 'digits only', '400'),
  timestamp(
    'a newline after it',
    (good) => `${good}\n`,
    MALFORMED,
    'the pattern ends at the end, not before a newline',
    null,
  ),
  timestamp('repeated', (good) => [good, good], MALFORMED, 'which of them was signed is a guess'),
  timestamp('a list', (good) => `${good},${good}`, MALFORMED, 'one timestamp, not a list'),
  timestamp('in quotes', (good) => `"${good}"`, MALFORMED, 'digits only'),
  timestamp(
    'one second later than was signed',
    (good) => String(Number(good) + 1),
    '401 SIGNATURE_MISMATCH',
    'the timestamp is signed with the body',
  ),
  {
    name: 'timestamp: moved into the body',
    // HMAC over body + "." + timestamp: the same bytes, cut at another place.
    headers: (good) => ({
      ...good,
      [SIGNATURE]: sign('{}.1', 'hostile-key-c0ffee', Number(good[TIMESTAMP])),
      [TIMESTAMP]: `1.${good[TIMESTAMP]}`,
    }),
    sentBody: () => Buffer.from('{}'),
    expected: MALFORMED,
    reason: 'a full stop can’t stand in a timestamp, so the bytes can be cut at one place only',
  },
];
