import { DynamoDB, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoLedger, createLambdaHandler, createSqsHandler } from '@showpad-webhooks/aws-lambda';
import type {
  ALBHandler,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  LambdaFunctionURLHandler,
  SQSHandler,
} from 'aws-lambda';
import { expectTypeOf } from 'vitest';

const keys = 'a-key';
const handler = createLambdaHandler({
  keys,
  on: { 'shared-space-user-added': ({ data }) => expectTypeOf(data.invitee.email).toEqualTypeOf<string>() },
});
expectTypeOf(handler).toExtend<APIGatewayProxyHandler>();
expectTypeOf(handler).toExtend<APIGatewayProxyHandlerV2>();
expectTypeOf(handler).toExtend<LambdaFunctionURLHandler>();
expectTypeOf(handler).toExtend<ALBHandler>();
expectTypeOf(createSqsHandler({ keys })).toExtend<SQSHandler>();

// @ts-expect-error The type does not exist.
createSqsHandler({ keys, on: { 'no-such-type': () => {} } });

createDynamoLedger({ client: new DynamoDBClient(), table: 'ledger' });
createDynamoLedger({ client: new DynamoDB(), table: 'ledger' });
// @ts-expect-error The client is missing.
createDynamoLedger({ table: 'ledger' });
