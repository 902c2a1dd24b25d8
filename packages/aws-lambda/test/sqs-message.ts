import type { SignedDelivery } from '@showpad-webhooks/aws-lambda/testing';
import type { SQSRecord } from 'aws-lambda';

const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:showpad';

export interface MessageOptions {
  readonly messageId?: string;
  /** Makes the queue a FIFO queue, unless `isFair` is set. */
  readonly group?: string;
  /** True for a standard queue that has groups only to share it fairly. */
  readonly isFair?: boolean;
  readonly sentMs?: number;
  readonly receivedAtMs?: string;
  readonly body?: string;
}

/** A record as AWS documents it: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function messageOf(
  { headers, body }: Pick<SignedDelivery, 'headers' | 'body'>,
  options: MessageOptions = {},
): SQSRecord {
  const { messageId = 'message-1', group, isFair = false, sentMs = Date.now(), receivedAtMs } = options;
  const attributes = { ...headers, ...(receivedAtMs !== undefined && { receivedAtMs }) };
  return {
    messageId,
    receiptHandle: 'any',
    body: options.body ?? body.toString('base64'),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: `${sentMs}`,
      SenderId: 'any',
      ApproximateFirstReceiveTimestamp: `${sentMs}`,
      ...(group !== undefined && { MessageGroupId: group }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
    ),
    md5OfBody: 'any',
    eventSource: 'aws:sqs',
    eventSourceARN: group === undefined || isFair ? QUEUE : `${QUEUE}.fifo`,
    awsRegion: 'eu-west-1',
  };
}
