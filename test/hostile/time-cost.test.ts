import {
  createReceiver,
  type KeyLookup,
  SIGNATURE_HEADER,
  sign,
  TIMESTAMP_HEADER,
  type WebhookRequest,
} from '@showpad-webhooks/core';
import { findRawBody, matchesPath } from '@showpad-webhooks/core/node';
import { describe, expect, test } from 'vitest';
import { filled, isLinear, measureGrowth } from './src/header-cost.ts';

const KEY = 'cost-key';
const TIMESTAMP = 1_700_000_000;
const BODY = Buffer.from('{"type":"cost","id":"1"}');
const FORGED = sign(BODY, 'another-key', TIMESTAMP);
const SIGNED = { [SIGNATURE_HEADER]: FORGED, [TIMESTAMP_HEADER]: String(TIMESTAMP) };
const REFUSALS = [400, 401, 405, 413, 415, 503];

const clock = () => TIMESTAMP * 1_000;
const write = (fields: object) => void JSON.stringify(fields);
const logger = { debug: write, info: write, warn: write, error: write };
/** As an app in production writes it: with a log, and a lookup that uses all that it is given. */
const keys = ({ headers, url }: KeyLookup) => [KEY, `${Object.keys(headers).length}${url?.length}`];
const receiver = createReceiver({ keys, logger, clock, explainMismatches: false });
receiver.onRejected(() => {}).onError(() => {});

async function refuse(request: Partial<WebhookRequest>): Promise<void> {
  const { response } = await receiver.receive({ method: 'POST', headers: SIGNED, body: BODY, ...request });
  if (!REFUSALS.includes(response.status)) throw new Error(`The delivery was answered ${response.status}.`);
}

type Shape = readonly [name: string, textOf: (length: number) => string];

const repeated = (...texts: string[]): Shape[] => texts.map((text) => [JSON.stringify(text), filled(text)]);
const ending = (text: string, last: string): Shape => [
  `${JSON.stringify(text)}, and ${JSON.stringify(last)} at the end`,
  (length) => filled(text)(length - last.length) + last,
];
const between = (text: string, first: string, last: string): Shape => [
  `${JSON.stringify(text)} between ${JSON.stringify(first)} and ${JSON.stringify(last)}`,
  (length) => first + filled(text)(length - first.length - last.length) + last,
];

const ANY_TEXT: readonly Shape[] = [
  ...repeated(' ', '\t ', ',', ' ,', 'a', 'a ', '=', '"', '\u009b', 'é'),
  ending(' ', 'a'),
  between(' ', 'a', ''),
  between(' ', 'a', 'a'),
];

const HEADERS: Readonly<Record<string, readonly Shape[]>> = {
  [SIGNATURE_HEADER]: [...ANY_TEXT, ...repeated('A', 'AAA=', `${FORGED},`, `${FORGED} , `)],
  [TIMESTAMP_HEADER]: [...ANY_TEXT, ...repeated('1', '0'), ending('1', 'a')],
  'content-encoding': [...ANY_TEXT, ...repeated('gzip, ', 'identity')],
  'content-length': [...ANY_TEXT, ...repeated('1', '0'), ending('0', '1'), ending('9', 'a')],
  'content-type': [...ANY_TEXT, ...repeated('charset', 'charset =', 'charset= ', ';charset="')],
  'x-anything': ANY_TEXT,
};

describe.each(Object.entries(HEADERS))(
  'the time to refuse a delivery by its header %s is linear',
  (name, shapes) => {
    test.each(shapes)('%s', async (_shape, textOf) => {
      const call = (value: string) => refuse({ headers: { ...SIGNED, [name]: value } });
      expect(await measureGrowth(call, textOf)).toSatisfy(isLinear);
    });
  },
);

describe('the time to refuse a delivery is linear', () => {
  test.each<readonly [string, (length: number) => Partial<WebhookRequest>]>([
    ['a method', (length) => ({ method: filled('POST')(length) })],
    ['a method of control characters', (length) => ({ method: filled('\u009b')(length) })],
    ['a url', (length) => ({ url: `/${filled('a/')(length)}` })],
    ['a query', (length) => ({ url: `/?${filled('a=%20&')(length)}` })],
    ['the name of a header', (length) => ({ headers: { ...SIGNED, [filled('x-')(length)]: 'a' } })],
    [
      'many headers of one name',
      (length) => ({ headers: { ...SIGNED, [SIGNATURE_HEADER]: Array(Math.round(length / 8)).fill('a') } }),
    ],
  ])('%s', async (_what, requestOf) => {
    expect(await measureGrowth(refuse, requestOf)).toSatisfy(isLinear);
  });
});

describe('every header is looked at a few times only', () => {
  test.each([
    ['next to the signature', SIGNED, 5],
    ['without a signature', {}, 5],
    ['with names as long as that of the signature', {}, SIGNATURE_HEADER.length],
  ])('%s', async (_what, others, nameLength) => {
    for (const count of [100, 2_000]) {
      const { headers, looks } = countLooks({ ...manyHeaders(count, nameLength), ...others });
      await refuse({ headers });
      // There are five headers to look for, and each is looked for in each header.
      expect(looks()).toBeLessThan(12 * (count + 5));
    }
  });
});

function manyHeaders(count: number, nameLength: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `x${index}`.padEnd(nameLength, '-'));
  return Object.fromEntries(names.map((name) => [name, 'a']));
}

/** Counts how often properties are read and listed. The time would depend on how V8 keeps large objects. */
function countLooks(plain: Record<string, string>): {
  readonly headers: Record<string, string>;
  looks(): number;
} {
  let count = 0;
  const headers = new Proxy(plain, {
    get(target, name) {
      count++;
      return Reflect.get(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      count++;
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    ownKeys(target) {
      count++;
      return Reflect.ownKeys(target);
    },
  });
  return { headers, looks: () => count };
}

describe('the time to compare a path is linear', () => {
  test.each([
    ...repeated('/', 'a', '?', '#', '%2f', 'a:', '//', '/webhooks/showpad', ':'),
    between('a', '/', '/webhooks/showpad'),
    between('/', 'http://', '?'),
    ending('a', '://'),
  ])('%s', async (_shape, urlOf) => {
    const call = (url: string) => matchesPath(url, '/webhooks/showpad', `/mounted${url}`);
    expect(await measureGrowth(call, urlOf, { callsPerRound: 200 })).toSatisfy(isLinear);
  });
});

describe('the time to find out that a text has lost its bytes is linear', () => {
  test.each(HEADERS['content-type'] ?? [])('content-type: %s', async (_shape, textOf) => {
    const call = (contentType: string) =>
      findRawBody({
        req: { readableDidRead: true, headers: { 'content-type': contentType } } as never,
        rawBody: 'x',
        explainMissingBody: () => '',
      });
    expect(await measureGrowth(call, textOf, { callsPerRound: 200 })).toSatisfy(isLinear);
  });
});

test('the measurement notices quadratic time', async () => {
  // eslint-disable-next-line regexp/no-super-linear-move -- it is the example of quadratic time
  const isSlow = (header: string) => / +$/.test(header);
  const growth = await measureGrowth(isSlow, (length) => `${' '.repeat(length - 1)}a`, {
    sizes: [250, 1_000, 2_000, 4_000],
    callsPerRound: 1,
  });
  expect(growth).not.toSatisfy(isLinear);
});
