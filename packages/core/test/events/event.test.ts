import { inspect } from 'node:util';
import { parseEvent, type ShowpadWebhookError } from '@showpad-webhooks/core';
import { sampleEvent } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';

const bytes = (text: string) => Buffer.from(text, 'utf8');

const FOREIGN_BODY_HINT = 'The signature is right, so somebody has the key. Does another sender use it?';

function errorOf(body: string | Uint8Array): ShowpadWebhookError {
  try {
    parseEvent(body);
  } catch (error) {
    return error as ShowpadWebhookError;
  }
  throw new Error('It was an event.');
}

const told = ({ code, message, hint }: ShowpadWebhookError) => [code, message, hint];

describe('an envelope', () => {
  test('is read as documented: a time that is not a date stays text', () => {
    const sample = sampleEvent('shared-space-user-added');
    expect(parseEvent(bytes(JSON.stringify(sample)))).toEqual({ ...sample, date: undefined });
  });

  test.each<[string, unknown, unknown]>([
    ['a date and time', '2022-11-30T06:45:00.250Z', new Date(Date.UTC(2022, 10, 30, 6, 45, 0, 250))],
    ['a day', '2022-11-30', new Date(Date.UTC(2022, 10, 30))],
    ['a month that does not exist', '2022-15-30T06:45:00.250Z', undefined],
    ['words', 'May 2022', undefined],
    ['a year of six digits', '+002022-11-30', undefined],
    ['a list', ['2022-11-30'], undefined],
    ['a number as text', '1', undefined],
    ['a number', 1669302166, undefined],
    ['nothing', undefined, undefined],
  ])('with a time of %s', (_name, time, date) => {
    const event = parseEvent(JSON.stringify({ type: 'x', id: '1', time }));
    expect(event.date).toEqual(date);
    expect(event.time).toBe(typeof time === 'string' ? time : undefined);
  });

  test.each([['1.0'], [1], [undefined]])('with the specversion %j', (specversion) => {
    expect(parseEvent(JSON.stringify({ type: 'x', id: '1', specversion })).specversion).toBe(specversion);
  });

  test.each([[null], [{}], [[]], ['text'], [0], [undefined]])(
    'with the data %j, which stays as it was sent',
    (data) => {
      expect(parseEvent(JSON.stringify({ type: 'x', id: '1', data })).data).toEqual(data);
    },
  );

  test.each(['__proto__', 'toString', 'constructor', 'hasOwnProperty', ' ', '\0'])('of type %j', (type) => {
    expect(parseEvent(JSON.stringify({ type, id: type }))).toMatchObject({ type, id: type });
  });

  test.each([
    ['type', '{"id":"1"}'],
    ['id', '{"type":"x"}'],
    ['type', '{"type":"","id":"1"}'],
    ['id', '{"type":"x","id":""}'],
    ['type', '{"type":1,"id":"1"}'],
    ['id', '{"type":"x","id":1}'],
    ['type', '{"type":null,"id":null}'],
    ['type', '{"type":["x"],"id":{}}'],
    ['type', '{}'],
  ])('without a usable "%s" is rejected: %s', (field, body) => {
    expect(told(errorOf(body))).toEqual([
      'EVENT_INVALID',
      `The event has no "${field}", or it is not text.`,
      FOREIGN_BODY_HINT,
    ]);
  });
});

describe('a body', () => {
  test.each(['', ' ', '{', '{"type":"x","id":"1"}}', "{'type':'x'}", '{"type":"x",/**/"id":"1"}'])(
    'that is not JSON is rejected: %s',
    (body) => {
      const expected = ['BODY_INVALID', 'The body is not JSON.', FOREIGN_BODY_HINT];
      expect(told(errorOf(body))).toEqual(expected);
      expect(told(errorOf(bytes(body)))).toEqual(expected);
    },
  );

  test.each(['null', 'true', '0', '"text"', '[]', '[{"type":"x","id":"1"}]'])(
    'that is not a JSON object is rejected: %s',
    (body) => {
      const expected = ['BODY_INVALID', 'The body is not a JSON object.', FOREIGN_BODY_HINT];
      expect(told(errorOf(body))).toEqual(expected);
      expect(told(errorOf(bytes(body)))).toEqual(expected);
    },
  );

  test('may be a Buffer, another Uint8Array, or text', () => {
    const text = '{"type":"x","id":"é"}';
    const larger = new Uint8Array([1, ...bytes(text), 2]);
    for (const body of [text, bytes(text), larger.subarray(1, -1)]) expect(parseEvent(body).id).toBe('é');
  });

  test('may be text that cannot be written as UTF-8', () => {
    expect(parseEvent('{"type":"x","id":"\ud800"}').id).toBe('\ud800');
  });

  test('in UTF-16 is rejected', () => {
    expect(errorOf(Buffer.from('{"type":"x","id":"1"}', 'utf16le')).code).toBe('BODY_INVALID');
  });

  test('may begin with a byte order mark', () => {
    expect(parseEvent(bytes('\uFEFF{"type":"x","id":"1"}')).id).toBe('1');
    expect(parseEvent('\uFEFF{"type":"x","id":"1"}').id).toBe('1');
  });

  test('may contain bytes that are not UTF-8', () => {
    const body = Buffer.concat([bytes('{"type":"x","id":"1","data":"'), Buffer.from([0xff]), bytes('"}')]);
    expect(parseEvent(body).data).toBe('\uFFFD');
  });

  test('may nest 10,000 levels deep, and have more keys than 1 MiB has room for', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    expect(parseEvent(`{"type":"x","id":"1","data":${deep}}`).data).toEqual([expect.any(Array)]);
    const keys = Array.from({ length: 200_000 }, (_, index) => `"k${index}":0`).join(',');
    const { data } = parseEvent(`{"type":"x","id":"1","data":{${keys},"__proto__":{"a":1}}}`);
    expect(Object.keys(data as object)).toHaveLength(200_000);
  });

  test('is never quoted in an error', () => {
    for (const body of ['{"secret-payload', '"secret-payload"', '{"id":"secret-payload"}']) {
      const error = errorOf(body);
      expect(inspect(error, { showHidden: true })).toContain(error.code);
      expect(inspect(error, { showHidden: true })).not.toContain('secret-payload');
    }
  });
});

describe('keys that could reach a prototype', () => {
  test.each([
    '{"__proto__":{"polluted":1},"kept":1}',
    '{"\\u005f_proto__":{"polluted":1},"kept":1}',
    '{"__prot\\u006F__":{"polluted":1},"kept":1}',
    '{"constructor":{"prototype":{"polluted":1}},"kept":1}',
    '{"c\\u006fnstructor":{"prototyp\\u0065":{"polluted":1}},"kept":1}',
  ])('are removed: %s', (data) => {
    for (const [place, read] of [
      [data, (value: object) => value],
      [`[{"deep":${data}}]`, (value: { deep: object }[]) => value[0]?.deep],
    ] as const) {
      const event = parseEvent(`{"type":"x","id":"1","data":${place}}`);
      const left = read(event.data as never) as object;
      expect(Object.getOwnPropertyNames(left)).toEqual(['kept']);
      expect(Object.getPrototypeOf(left)).toBe(Object.prototype);
    }
    expect({}).not.toHaveProperty('polluted');
  });

  test.each([
    '{"constructor":"Acme Construction"}',
    '{"constructor":null}',
    '{"constructor":{"name":"x"}}',
    '{"name":"__proto__"}',
    '{"constructor":"Acme Construction","name":"__proto__","parent":null}',
  ])('stay if they cannot: %s', (data) => {
    expect(JSON.stringify(parseEvent(`{"type":"x","id":"1","data":${data}}`).data)).toBe(data);
  });
});
