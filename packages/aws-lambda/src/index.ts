export * from '@showpad-webhooks/core';
export { createDynamoLedger, type DynamoLedgerOptions } from './create-dynamo-ledger.ts';
export { createLambdaHandler, type LambdaHandler, type LambdaResponse } from './create-lambda-handler.ts';
export { createSqsHandler, type SqsBatchResponse, type SqsHandler } from './create-sqs-handler.ts';
export type { DynamoClient } from './dynamo-table.ts';
