import { createLambdaHandler, createReceiver } from '@showpad-webhooks/aws-lambda';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/aws-lambda/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

const KEY = 'lambda-key';
const TYPE = 'shared-space-user-added';

function signed(data?: unknown): SignedDelivery {
  return signedDelivery(TYPE, { key: KEY, ...(data !== undefined && { data }) });
}

function format2({ method, headers, body }: SignedDelivery, more: object = {}): object {
  return {
    version: '2.0',
    rawPath: '/webhooks/showpad',
    rawQueryString: '',
    headers,
    requestContext: { http: { method } },
    body: body.toString(),
    isBase64Encoded: false,
    ...more,
  };
}

function format1({ method, headers, body }: SignedDelivery, more: object = {}): object {
  return {
    httpMethod: method,
    path: '/webhooks/showpad',
    headers,
    body: body.toString(),
    isBase64Encoded: false,
    ...more,
  };
}

describe('createLambdaHandler', () => {
  test('answers with what API Gateway takes', async () => {
    const handler = createLambdaHandler({ keys: KEY, on: { [TYPE]: () => {} } });
    expect(await handler(format2(signed()))).toEqual({
      statusCode: 200,
      headers: expect.objectContaining({ 'content-type': 'application/json' }),
      body: '{"outcome":"handled"}',
      isBase64Encoded: false,
    });
  });

  test('takes a receiver of the app', async () => {
    const receiver = createReceiver({ keys: KEY });
    const handler = createLambdaHandler(receiver);
    expect(handler.receiver).toBe(receiver);
    expect((await handler(format2(signed()))).statusCode).toBe(200);
  });

  test('warns on Lambda that its instances share no memory, if no ledger was passed', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'showpad');
    onTestFinished(() => void vi.unstubAllEnvs());
    const warn = vi.fn();
    const logger = { debug() {}, info() {}, error() {}, warn };
    const handler = createLambdaHandler({ keys: KEY, logger, on: { [TYPE]: () => {} } });
    await handler(format2(signed()));
    const warned = [
      { receiverName: 'default', platform: 'AWS Lambda' },
      expect.stringMatching(/^No ledger was passed/),
    ];
    await vi.waitFor(() => expect(warn.mock.calls).toEqual([warned]));
  });

  test.each([
    ['an HTTP API', format2(signed(), { rawQueryString: 'a=%26&b' }), '?a=%26&b'],
    [
      'a REST API',
      format1(signed(), { multiValueQueryStringParameters: { a: ['&', 'c'], b: [''] } }),
      '?a=%26&a=c&b=',
    ],
    ['a REST API, without lists', format1(signed(), { queryStringParameters: { a: '&' } }), '?a=%26'],
    [
      'a load balancer',
      format1(signed(), { requestContext: { elb: {} }, queryStringParameters: { a: '%26' } }),
      '?a=%26',
    ],
    ['a REST API, without a query', format1(signed(), { queryStringParameters: null }), ''],
  ])('gives handlers the path and the query of %s', async (_, event, query) => {
    const urls: (string | undefined)[] = [];
    const handler = createLambdaHandler({ keys: KEY, on: { [TYPE]: (_event, { url }) => urls.push(url) } });
    await handler(event);
    expect(urls).toEqual([`/webhooks/showpad${query}`]);
  });

  test('answers a load balancer with lists only if it sends lists', async () => {
    const handler = createLambdaHandler({ keys: KEY });
    const { headers, ...delivery } = signed();
    const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    const more = { requestContext: { elb: {} }, headers: undefined, multiValueHeaders: lists };
    const withLists = await handler(format1({ ...delivery, headers }, more));
    expect([withLists.statusCode, withLists.multiValueHeaders?.['content-type']]).toEqual([
      200,
      ['application/json'],
    ]);
    const without = await handler(format1(signed(), { requestContext: { elb: {} } }));
    expect([without.statusCode, without.multiValueHeaders]).toEqual([200, undefined]);
  });

  test('takes a replacement character that was sent, with and without a declared length', async () => {
    const handler = createLambdaHandler({ keys: KEY, ledger: false });
    const delivery = signed({ name: 'caf\uFFFD' });
    expect((await handler(format2(delivery))).statusCode).toBe(200);
    const declared = { ...delivery.headers, 'Content-Length': `${delivery.body.byteLength}` };
    expect((await handler(format2({ ...delivery, headers: declared }))).statusCode).toBe(200);
  });

  test('rejects an event without headers and without a body, as the test console sends it', async () => {
    const handler = createLambdaHandler({ keys: KEY });
    const event = {
      httpMethod: 'POST',
      path: '/',
      headers: null,
      multiValueHeaders: null,
      body: null,
      isBase64Encoded: false,
    };
    expect(await handler(event)).toMatchObject({
      statusCode: 401,
      body: expect.stringContaining('SIGNATURE_MISSING'),
    });
  });

  test.each([
    ['records of "aws:sqs". Use createSqsHandler for a queue.', { Records: [{ eventSource: 'aws:sqs' }] }],
    ['records of "aws:sns". Look at the triggers', { Records: [{ EventSource: 'aws:sns' }] }],
    [
      'an object with the keys "id", "type", "data". This seems to be the parsed body alone: turn on "Lambda proxy',
      { id: 'secret', type: 'secret', data: 'secret' },
    ],
    ['an object with the keys "a\\u009b2J\\u202e". Look', { 'a\u009b2J\u202e': 'secret' }],
    ['records of "\\u009b2J\\u2028". Look', { Records: [{ eventSource: '\u009b2J\u2028' }] }],
    ['an object without keys. Look', {}],
    ['a value of type null. Look', null],
    ['a value of type undefined. Look', undefined],
    ['a value of type string. Look', 'secret'],
  ])('says that it got %s', async (text, event) => {
    const failing = createLambdaHandler({ keys: KEY })(event);
    await expect(failing).rejects.toThrow(`the function was called with ${text}`);
    await expect(failing).rejects.not.toThrow('secret');
  });
});
