import {
  createReceiver,
  createSqsHandler,
  PermanentError,
  type SqsBatchResponse,
} from '@showpad-webhooks/aws-lambda';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/aws-lambda/testing';
import type { SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { messageOf } from './sqs-message.ts';

const KEY = 'sqs-key';
const TYPE = 'shared-space-user-added';
const DAY_MS = 86_400_000;

function signed(id: string, key = KEY, timestampSeconds = Math.floor(Date.now() / 1000)): SignedDelivery {
  return signedDelivery(TYPE, { key, id, timestampSeconds });
}

const eventOf = (...Records: SQSRecord[]) => ({ Records });
const failuresOf = ({ batchItemFailures }: SqsBatchResponse) =>
  batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

describe('createSqsHandler', () => {
  test('handles the messages of a batch, and returns only those that a retry may help', async () => {
    const rejected: string[] = [];
    const errors: string[] = [];
    const letters: string[] = [];
    const handled: string[] = [];
    const handler = createSqsHandler({
      keys: KEY,
      on: {
        [TYPE]: ({ id }) => {
          if (id === 'fails') throw new Error('the CRM is down');
          if (id === 'never') throw new PermanentError('it has no email address');
          handled.push(id);
        },
      },
    });
    handler.receiver
      .onRejected(({ code }) => rejected.push(code))
      .onError(({ code }) => errors.push(code))
      .onDeadLetter(({ reason }) => letters.push(reason));
    const invalid = signedDelivery({ body: 'no event' }, { key: KEY });
    const response = await handler(
      eventOf(
        messageOf(signed('good'), { messageId: 'good' }),
        messageOf(signed('fails'), { messageId: 'fails' }),
        messageOf(signed('never'), { messageId: 'never' }),
        messageOf(signed('forged', 'guessed'), { messageId: 'forged' }),
        messageOf(invalid, { messageId: 'invalid' }),
      ),
    );
    expect(failuresOf(response)).toEqual(['fails']);
    expect(handled).toEqual(['good']);
    expect(rejected.toSorted()).toEqual(['BODY_INVALID', 'SIGNATURE_MISMATCH']);
    expect(errors.toSorted()).toEqual(['HANDLER_FAILED', 'PERMANENT_FAILURE']);
    expect(letters.toSorted()).toEqual(['invalid', 'permanent']);
  });

  test('leaves a message in the queue if its keys, its ledger or its dead letter fail', async () => {
    const fail = () => Promise.reject(new Error('no database'));
    const ledger = { claim: fail, checkpoint: fail, complete: fail, release: fail };
    const event = eventOf(messageOf(signed('1')));
    const on = { [TYPE]: () => {} };
    expect(failuresOf(await createSqsHandler({ keys: fail, on })(event))).toEqual(['message-1']);
    expect(failuresOf(await createSqsHandler({ keys: KEY, ledger, on })(event))).toEqual(['message-1']);
    const invalid = eventOf(messageOf(signedDelivery({ body: 'no event' }, { key: KEY })));
    const receiver = createReceiver({ keys: KEY }).onDeadLetter(fail);
    expect(failuresOf(await createSqsHandler(receiver)(invalid))).toEqual(['message-1']);
  });

  test('handles a message once that comes twice, also at the same time', async () => {
    let runs = 0;
    const handler = createSqsHandler({ keys: KEY, on: { [TYPE]: () => void runs++ } });
    const delivery = signed('once');
    const twice = eventOf(messageOf(delivery, { messageId: 'a' }), messageOf(delivery, { messageId: 'b' }));
    expect(failuresOf(await handler(twice)).length).toBeLessThan(2);
    expect(failuresOf(await handler(twice))).toEqual([]);
    expect(runs).toBe(1);
  });

  test('hands the rest of a FIFO group back after a failure, so that nothing overtakes it', async () => {
    const handled: string[] = [];
    const handler = createSqsHandler({
      keys: KEY,
      on: {
        [TYPE]: ({ id }) => {
          if (id === 'a2') throw new Error('no');
          handled.push(id);
        },
      },
    });
    const messages = ['a1', 'b1', 'a2', 'a3', 'b2', 'a4'].map((id) =>
      messageOf(signed(id), { messageId: id, group: id.slice(0, 1) }),
    );
    expect(failuresOf(await handler(eventOf(...messages)))).toEqual(['a2', 'a3', 'a4']);
    expect(handled.toSorted()).toEqual(['a1', 'b1', 'b2']);
    expect(handled.indexOf('b1')).toBeLessThan(handled.indexOf('b2'));
  });

  test('takes a forged or permanently failed message out of a FIFO group, so that it does not block the group', async () => {
    const handled: string[] = [];
    const handler = createSqsHandler({ keys: KEY, on: { [TYPE]: ({ id }) => void handled.push(id) } });
    const forged = messageOf(signed('forged', 'guessed'), { messageId: 'forged', group: 'a' });
    const good = messageOf(signed('good'), { messageId: 'good', group: 'a' });
    expect(failuresOf(await handler(eventOf(forged, good)))).toEqual([]);
    expect(handled).toEqual(['good']);
  });

  test('lets messages of a standard queue fail alone, also if they have groups', async () => {
    const handler = createSqsHandler({
      keys: KEY,
      on: {
        [TYPE]: ({ id }) => {
          if (id === 'a1') throw new Error('no');
        },
      },
    });
    const messages = ['a1', 'a2'].map((id) =>
      messageOf(signed(id), { messageId: id, group: 'a', isFair: true }),
    );
    expect(failuresOf(await handler(eventOf(...messages)))).toEqual(['a1']);
  });

  test('judges the age of a delivery by the time at which it came to the gateway, or to the queue', async () => {
    const seen: Date[] = [];
    const rejected: string[] = [];
    const receiver = createReceiver({ keys: KEY, ledger: false }).onAny(
      (_event, { receivedAt }) => void seen.push(receivedAt),
    );
    receiver.onRejected(({ code }) => rejected.push(code));
    const handler = createSqsHandler(receiver);
    const sentMs = Date.now() - 3 * DAY_MS;
    const old = signed('old', KEY, Math.floor(sentMs / 1000));
    await handler(eventOf(messageOf(old, { sentMs })));
    // It came back from the dead-letter queue, so SQS has given it the time of today.
    await handler(eventOf(messageOf(old, { receivedAtMs: `${sentMs}` })));
    expect(seen).toEqual([new Date(sentMs), new Date(sentMs)]);
    for (const receivedAtMs of ['', 'NaN', '-']) {
      await handler(eventOf(messageOf(old, { receivedAtMs })));
    }
    expect(seen).toHaveLength(2);
    expect(rejected).toEqual(Array(3).fill('TIMESTAMP_TOO_OLD'));
  });

  test('takes a body as text or as base64', async () => {
    const bodies: string[] = [];
    const handler = createSqsHandler(
      createReceiver({ keys: KEY, ledger: false }).onAny(
        (_event, { rawBody }) => void bodies.push(Buffer.from(rawBody).toString()),
      ),
    );
    const delivery = signedDelivery({ body: '{"type":"x","id":"1","data":"Frühstück ☕"}' }, { key: KEY });
    for (const body of [delivery.body.toString('base64'), delivery.body.toString()]) {
      await handler(eventOf(messageOf(delivery, { body })));
    }
    expect(bodies).toEqual([delivery.body.toString(), delivery.body.toString()]);
  });

  test('takes a record of a test that has only what a delivery needs', async () => {
    const { headers, body } = signed('short');
    const entries = Object.entries(headers).map(([name, stringValue]) => [name, { stringValue }]);
    const record = { messageId: 'a', body: body.toString(), messageAttributes: Object.fromEntries(entries) };
    const handler = createSqsHandler({ keys: KEY });
    expect(await handler({ Records: [{ ...record, eventSource: 'aws:sqs' }] })).toEqual({
      batchItemFailures: [],
    });
    const unsigned = { messageId: 'b', body: '{}', eventSource: 'aws:sqs' };
    expect(await handler({ Records: [unsigned] })).toEqual({ batchItemFailures: [] });
  });

  test('says what it got if it is not called by a queue', async () => {
    const handler = createSqsHandler({ keys: KEY });
    const event = { version: '2.0', rawPath: '/', requestContext: {} };
    await expect(handler(event)).rejects.toThrow(
      /called with an object with the keys "version", .*Use createLambdaHandler for/,
    );
    await expect(handler({ Records: [{ EventSource: 'aws:sns' }] })).rejects.toThrow(
      'called with records of "aws:sns"',
    );
  });
});
