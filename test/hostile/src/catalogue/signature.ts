import { SIGNATURE_HEADER } from '@showpad-webhooks/core';
import type { HostileDelivery } from '../entry.ts';

const OTHER = '6ULqoOoE1VV72ZoKFFuApm0/WYSn9uxlYEHZDEgI4Ho=';
const MALFORMED = '401 SIGNATURE_MALFORMED';
const MISMATCH = '401 SIGNATURE_MISMATCH';
const MISSING = '401 SIGNATURE_MISSING';
const MATCHES = '200 handled';

type Change = (signature: string) => string | readonly string[] | undefined;

function signature(
  name: string,
  change: Change,
  expected: string,
  reason: string,
  overHttp?: string | null,
): HostileDelivery {
  const headers: HostileDelivery['headers'] = (good) => ({
    ...good,
    [SIGNATURE_HEADER]: change(good[SIGNATURE_HEADER] ?? ''),
  });
  return {
    name: `signature: ${name}`,
    headers,
    expected,
    reason,
    ...(overHttp !== undefined && { overHttp }),
  };
}

const raw = (value: string) => Buffer.from(value, 'base64');

export const SIGNATURES: readonly HostileDelivery[] = [
  signature('no header', () => undefined, MISSING, 'nothing proves who sent the body'),
  signature('empty', () => '', MISSING, 'an empty header counts as missing'),
  signature('an empty list', () => [], MISSING, 'there is no header', null),
  signature('white space', () => '   ', MALFORMED, 'it contains no signature', MISSING),
  signature('a tab', () => '\t', MALFORMED, 'it contains no signature', MISSING),
  signature('one comma', () => ',', MALFORMED, 'the list is empty'),
  signature('10,000 commas', () => ','.repeat(10_000), MALFORMED, 'at most 16 signatures are read'),
  signature(
    '1 MB long',
    () => 'A'.repeat(1_000_000),
    MALFORMED,
    'its length is checked before anything is computed',
    '431',
  ),
  signature(
    '1 MB of signatures',
    (good) => `${good},`.repeat(22_222),
    MALFORMED,
    'at most 16 signatures are read',
    '431',
  ),
  signature(
    '17 good ones',
    (good) => Array(17).fill(good).join(','),
    MALFORMED,
    'more than 16 are not read, even good ones',
  ),
  signature(
    '16 wrong ones',
    () => Array(16).fill(OTHER).join(','),
    MISMATCH,
    'each is compared, and none matches',
  ),
  signature(
    'the good one last of 16',
    (good) => [...Array(15).fill(OTHER), good].join(','),
    MATCHES,
    'one that matches is enough',
  ),
  signature(
    'the good one after rubbish',
    (good) => `rubbish,${good}`,
    MATCHES,
    'parts of another form are skipped',
  ),
  signature('url-safe base64', (good) => `-_${good.slice(2)}`, MALFORMED, 'it is another alphabet'),
  signature('missing padding', (good) => good.slice(0, 43), MALFORMED, 'it has 43 characters'),
  signature('extra padding', (good) => `${good}=`, MALFORMED, 'it has 45 characters'),
  signature(
    'padding in place of a character',
    (good) => `${good.slice(0, 42)}==`,
    MALFORMED,
    'it stands for 31 bytes',
  ),
  signature('only padding', () => '='.repeat(44), MALFORMED, 'it is not a signature'),
  signature(
    'non-canonical trailing bits',
    (good) => nonCanonical(good),
    MISMATCH,
    'it decodes to the right bytes, but the text is another',
  ),
  signature('hex', (good) => raw(good).toString('hex'), MALFORMED, 'it has 64 characters'),
  signature(
    'hex in upper case',
    (good) => raw(good).toString('hex').toUpperCase(),
    MALFORMED,
    'it has 64 characters',
  ),
  signature(
    'the raw bytes',
    (good) =>
      // Bytes that would end a header are replaced, and spaces, with which HTTP/2 lets no header begin or end.
      Buffer.from(raw(good).map((byte) => (byte <= 32 || byte === 127 ? 63 : byte))).toString('latin1'),
    MALFORMED,
    'it is not base64',
  ),
  signature(
    'base64 of base64',
    (good) => Buffer.from(good).toString('base64'),
    MALFORMED,
    'it has 60 characters',
  ),
  signature('the prefix v1=', (good) => `v1=${good}`, MALFORMED, 'Showpad sends none'),
  signature('the prefix sha256=', (good) => `sha256=${good}`, MALFORMED, 'it is the form of another sender'),
  signature('in quotes', (good) => `"${good}"`, MALFORMED, 'it is not base64'),
  signature('in lower case', (good) => good.toLowerCase(), MISMATCH, 'base64 is case-sensitive', undefined),
  signature(
    'reversed',
    (good) => `${[...good.slice(0, 43)].reverse().join('')}=`,
    MISMATCH,
    'it is another text',
  ),
  signature(
    'one character changed',
    (good) => `${good[0] === 'A' ? 'B' : 'A'}${good.slice(1)}`,
    MISMATCH,
    'it is another text',
  ),
  signature('cut in half', (good) => good.slice(0, 22), MALFORMED, 'it has 22 characters'),
  signature('twice, without a comma', (good) => good + good, MALFORMED, 'it has 88 characters'),
  signature(
    'separated by a semicolon',
    (good) => `${OTHER};${good}`,
    MALFORMED,
    'commas separate signatures',
  ),
  signature('all zero bytes', () => Buffer.alloc(32).toString('base64'), MISMATCH, 'no key makes it'),
  signature('a NUL byte after it', (good) => `${good}\0`, MALFORMED, 'it is not base64', '400'),
  signature('a control byte in it', (good) => `\x01${good.slice(1)}`, MALFORMED, 'it is not base64', '400'),
  signature('a delete byte after it', (good) => `${good}\x7f`, MALFORMED, 'it is not base64', '400'),
  signature(
    'a line break and a header',
    (good) => `${good}\r\nx-injected: yes`,
    MALFORMED,
    'it is not base64, and over HTTP it is only another header',
    MATCHES,
  ),
  signature('non-ASCII letters', () => 'é'.repeat(44), MALFORMED, 'it is not base64'),
  signature(
    'full-width letters',
    (good) => [...good].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join(''),
    MALFORMED,
    'it is not ASCII',
  ),
  signature(
    'a no-break space before it',
    (good) => `\u00a0${good}`,
    MALFORMED,
    'it is not white space in HTTP',
  ),
  signature(
    'a byte order mark before it',
    (good) => `\uFEFF${good}`,
    MALFORMED,
    'it is not white space in HTTP',
  ),
  signature(
    'repeated headers, one of them good',
    (good) => [OTHER, good],
    MATCHES,
    'repeated headers are one list',
  ),
  signature(
    'repeated headers, none of them good',
    () => [OTHER, OTHER],
    MISMATCH,
    'each is compared, and none matches',
  ),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: An attacker would write it like this.
  signature('a template', () => '${process.env.SHOWPAD_SIGNATURE_KEY}', MALFORMED, 'text is never evaluated'),
  signature('a JSON list', (good) => JSON.stringify([good]), MALFORMED, 'it is not base64'),
  {
    name: 'signature: names in mixed case',
    headers: (good) =>
      Object.fromEntries(
        Object.entries(good).map(([name, value]) => [
          name.replace(/(^|-)x?\w/g, (start) => start.toUpperCase()),
          value,
        ]),
      ),
    expected: MATCHES,
    reason: 'header names are not case-sensitive',
  },
  {
    name: 'signature: under a similar name',
    headers: (good) => ({
      ...good,
      [SIGNATURE_HEADER]: undefined,
      'x-showpad-signature-v2': good[SIGNATURE_HEADER],
      'x-showpad-signature': good[SIGNATURE_HEADER],
    }),
    expected: MISSING,
    reason: 'only v1 is known',
  },
];

/** Writes the same bytes as another text: two bits of the last character before the padding mean nothing. */
function nonCanonical(good: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return `${good.slice(0, 42)}${alphabet[alphabet.indexOf(good[42] as string) ^ 1]}=`;
}
