import { createLambdaHandler, type LambdaHandler } from '@showpad-webhooks/aws-lambda';

export const handler: LambdaHandler = createLambdaHandler({
  keys: process.env.KEY ?? '',
  on: { 'shared-space-user-added': () => {} },
});
