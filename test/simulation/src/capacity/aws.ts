import { settingOf } from '../template.ts';

/** A limit that a gateway with SQS and a function meets. The texts are Markdown. */
export interface AwsLimit {
  readonly name: string;
  readonly what: string;
  readonly value: string;
  readonly whatToDo: string;
  /** How many events per second it allows, if handlers take so long. */
  readonly perSecond: (handlerSeconds: number) => number;
}

const BATCH = settingOf('BatchSize');
const FUNCTIONS = settingOf('MaximumConcurrency');
const REQUESTS = settingOf('ThrottlingRateLimit');

/** From AWS's documentation as of November 2026. */
const AWS_LIMITS: readonly AwsLimit[] = [
  {
    name: '`ThrottlingRateLimit`',
    what: '`ThrottlingRateLimit` of [our template](../packages/aws-lambda/README.md#the-template)',
    value: `${REQUESTS} requests per second. More are answered with 503, and Showpad retries them`,
    whatToDo: 'raise it',
    perSecond: () => REQUESTS,
  },
  {
    name: '`MaximumConcurrency`',
    what: '`MaximumConcurrency` of our template',
    value: `${FUNCTIONS} functions with ${BATCH} messages each`,
    whatToDo: 'raise it, as far as what your handlers call can bear',
    perSecond: (seconds) => (FUNCTIONS * BATCH) / seconds,
  },
  {
    name: 'API Gateway',
    what: '[API Gateway](https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html), per account and Region',
    value: '10,000 requests per second, 2,500 in some Regions',
    whatToDo: 'ask AWS for more, or use several Regions',
    perSecond: () => 10_000,
  },
  {
    name: 'Lambda',
    what: '[Lambda](https://docs.aws.amazon.com/lambda/latest/dg/limits.html), per account and Region',
    value: '1,000 functions at the same time, less in a new account',
    whatToDo: 'ask AWS for more',
    perSecond: (seconds) => (1_000 * BATCH) / seconds,
  },
  {
    name: 'Lambda reading one queue',
    what: '[Lambda reading one queue](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)',
    value:
      '1,000 batches at the same time, and 300 more per minute. Another page of AWS says [1,250](https://www.repost.aws/knowledge-center/lambda-sqs-scaling)',
    whatToDo: 'use larger batches, or several queues',
    perSecond: (seconds) => (1_000 * BATCH) / seconds,
  },
  {
    name: 'DynamoDB',
    what: '[DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Limits.html), per table',
    value:
      '40,000 write units per second. [The ledger](../packages/aws-lambda/README.md#the-ledger) writes twice for an event with one handler',
    whatToDo: 'ask AWS for more',
    perSecond: () => 40_000 / 2,
  },
  {
    name: 'the queue',
    what: '[a standard queue](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html)',
    value:
      'about 120,000 messages that are being handled. The number that wait is unlimited, and so, nearly, are the [calls per second](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)',
    whatToDo: 'use several queues',
    perSecond: (seconds) => 120_000 / seconds,
  },
];

/** The first one comes first. */
export function awsLimits(handlerSeconds: number): AwsLimit[] {
  return AWS_LIMITS.toSorted((one, other) => one.perSecond(handlerSeconds) - other.perSecond(handlerSeconds));
}
