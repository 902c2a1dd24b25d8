import { createReceiver, createSqsHandler } from '@showpad-webhooks/aws-lambda';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/aws-lambda/testing';
import { type Answer, FIDELITY_CASES, type FidelityCase, send } from '@showpad-webhooks/conformance';
import { createEmulator } from '@showpad-webhooks/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, propertiesOf, TEMPLATE } from './template.ts';
import { INTEGRATION, openTemplateGateway, type QueueGateway } from './template-gateway.ts';

const KEY = 'template-key';
const TYPE = 'shared-space-user-added';

describe('a delivery that goes through the mapping template', () => {
  let gateway: QueueGateway;
  beforeAll(async () => {
    gateway = await openTemplateGateway();
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    gateway.messages.length = 0;
    gateway.sqsStatus = 200;
  });

  function deliver({ headers, body }: Pick<SignedDelivery, 'headers' | 'body'>): Promise<Answer> {
    return send(gateway.url, { headers, body });
  }

  const isListed = ({ headers = {} }: FidelityCase) =>
    (headers['content-type'] ?? 'application/json') in INTEGRATION.requestTemplates;

  test.each(FIDELITY_CASES.filter(isListed))('keeps the exact bytes of $name', async ({ body, headers }) => {
    const { 'content-type': _, ...signature } = signedDelivery({ body }, { key: KEY }).headers;
    expect(await deliver({ headers: { ...signature, ...headers }, body })).toMatchObject({
      status: 202,
      body: '{"outcome":"queued"}',
    });
    const bodies: Buffer[] = [];
    const keep = ({ rawBody }: { readonly rawBody: Uint8Array }) => void bodies.push(Buffer.from(rawBody));
    const receiver = createReceiver({ keys: KEY })
      .onAny((_event, context) => keep(context))
      .onDeadLetter(keep);
    expect(await createSqsHandler(receiver)({ Records: gateway.messages })).toEqual({
      batchItemFailures: [],
    });
    expect(bodies.map((each) => each.equals(body))).toEqual([true]);
  });

  test('is answered 503, and never 4xx, if its Content-Type is not in the template', async () => {
    for (const { body, headers = {} } of FIDELITY_CASES.filter((each) => !isListed(each))) {
      expect(await deliver({ headers, body })).toMatchObject({
        status: 503,
        headers: { 'retry-after': '3' },
      });
    }
    expect(gateway.messages).toEqual([]);
  });

  test.each([400, 403, 413, 500, 503])('is answered 503 if SQS answers %i', async (status) => {
    gateway.sqsStatus = status;
    const answer = await deliver(signedDelivery(TYPE, { key: KEY }));
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    expect(JSON.parse(answer.body)).toEqual({ outcome: 'unavailable', code: 'INBOX_FAILED' });
  });

  test('brings its signature, its time of arrival, and nothing else, however the names are written', async () => {
    const before = Date.now();
    const { headers, body } = signedDelivery(TYPE, { key: [KEY, 'another'] });
    const shouted = Object.entries({ ...headers, 'x-other': 'no' }).map(([name, value]) => [
      name.toUpperCase(),
      value,
    ]);
    await deliver({ headers: Object.fromEntries(shouted), body });
    const values = Object.entries(gateway.messages[0]?.messageAttributes ?? {}).map(([name, value]) => [
      name,
      value.stringValue,
    ]);
    const { receivedAtMs, ...others } = Object.fromEntries(values);
    const { 'content-type': _, ...signature } = headers;
    expect(others).toEqual(signature);
    expect(Number(receivedAtMs)).toBeGreaterThanOrEqual(before);
  });

  test('without a signature is stored, and rejected by the function', async () => {
    expect(
      (await deliver({ headers: { 'x-showpad-signature-v1': '' }, body: Buffer.from('{}') })).status,
    ).toBe(202);
    const rejected: string[] = [];
    const receiver = createReceiver({ keys: KEY }).onRejected(({ code }) => rejected.push(code));
    expect(await createSqsHandler(receiver)({ Records: gateway.messages })).toEqual({
      batchItemFailures: [],
    });
    expect(rejected).toEqual(['SIGNATURE_MISSING']);
  });

  test('comes from an emulated Showpad, and is handled days later', async () => {
    await using showpad = await createEmulator();
    await showpad.subscriptions.create({ name: 'queue', types: [TYPE], url: gateway.url, signatureKey: KEY });
    await showpad.trigger(TYPE);
    expect((await showpad.waitForDelivery()).response?.status).toBe(202);
    const joined: string[] = [];
    const clock = () => Date.now() + 3 * 86_400_000;
    const handler = createSqsHandler({
      keys: KEY,
      clock,
      on: { [TYPE]: ({ data }) => void joined.push(data.invitee.email) },
    });
    expect(await handler({ Records: gateway.messages })).toEqual({ batchItemFailures: [] });
    expect(joined).toEqual(['kent.cook@showpad.com']);
  });
});

describe('template.yaml', () => {
  test('lets API Gateway pass the bytes as base64, and nothing that the template did not write', () => {
    expect(propertiesOf('Api').BinaryMediaTypes).toEqual(['*~1*']);
    const { contentHandling, passthroughBehavior, requestParameters, responses } = INTEGRATION;
    expect([contentHandling, passthroughBehavior]).toEqual(['CONVERT_TO_TEXT', 'never']);
    expect(requestParameters).toEqual({
      'integration.request.header.Content-Type': "'application/x-www-form-urlencoded'",
    });
    // With this, the text of a response is text, although every media type is binary.
    for (const response of Object.values(responses))
      expect(response).toMatchObject({ contentHandling: 'CONVERT_TO_TEXT' });
  });

  test('ends no line of the mapping template with a reference and "##", which Apache Velocity would write out', () => {
    for (const template of Object.values(INTEGRATION.requestTemplates)) {
      expect(template).not.toMatch(/\$\{?[\w.]+\}?##/);
    }
  });

  test('keeps what fails: partial responses, retries, and a queue of dead letters that outlives the other', () => {
    const [queue, letters] = [propertiesOf('Queue'), propertiesOf('DeadLetters')] as [Json, Json];
    const { deadLetterTargetArn, maxReceiveCount } = queue.RedrivePolicy as Json;
    expect(deadLetterTargetArn).toEqual({ 'Fn::GetAtt': ['DeadLetters', 'Arn'] });
    expect(maxReceiveCount).toBeGreaterThanOrEqual(5);
    expect(letters.MessageRetentionPeriod).toBe(14 * 86_400);
    expect(queue.MessageRetentionPeriod).toBeLessThan(14 * 86_400);
    const { Timeout, Events } = propertiesOf('Function') as {
      Timeout: number;
      Events: { Delivery: { Properties: Json } };
    };
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
    expect(Timeout).toBeGreaterThan(10);
    expect(Events.Delivery.Properties).toMatchObject({
      Queue: { 'Fn::GetAtt': ['Queue', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    const alarm = propertiesOf('DeadLetterAlarm');
    expect(alarm.Dimensions).toEqual([
      { Name: 'QueueName', Value: { 'Fn::GetAtt': ['DeadLetters', 'QueueName'] } },
    ]);
  });

  test('gives each role only the rights that it needs', () => {
    const rightsOf = (role: string) =>
      (propertiesOf(role).Policies as { PolicyDocument: { Statement: Json[] } }[]).flatMap(
        ({ PolicyDocument }) =>
          PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
            [Action].flat().map((action) => [action, Resource]),
          ),
      );
    const arnOf = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
    expect(rightsOf('GatewayRole')).toEqual([['sqs:SendMessage', arnOf('Queue')]]);
    const rights = rightsOf('FunctionRole');
    expect(rights.filter(([action]) => !String(action).startsWith('logs:'))).toEqual([
      ['sqs:ReceiveMessage', arnOf('Queue')],
      ['sqs:DeleteMessage', arnOf('Queue')],
      ['sqs:GetQueueAttributes', arnOf('Queue')],
      ['dynamodb:GetItem', arnOf('Ledger')],
      ['dynamodb:PutItem', arnOf('Ledger')],
      ['dynamodb:UpdateItem', arnOf('Ledger')],
    ]);
    expect(JSON.stringify(rights)).not.toMatch(/"[a-z0-9]*:?\*"/);
    expect(propertiesOf('Function').Role).toEqual(arnOf('FunctionRole'));
  });

  test('refers only to what it has', () => {
    const known = new Set([...Object.keys(TEMPLATE.Resources), 'SignatureKey', 'AlarmEmail']);
    const text = JSON.stringify(TEMPLATE);
    const names = [
      ...text.matchAll(/"Ref":"([^"]+)"|"Fn::GetAtt":\["([^"]+)"|\$\{([A-Za-z:]+)(?:\.[A-Za-z]+)?\}/g),
    ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
    expect(names.filter((name) => !name.startsWith('AWS::') && name !== 'index' && !known.has(name))).toEqual(
      [],
    );
    expect(names.length).toBeGreaterThan(20);
  });
});
