// A function behind a function URL, an API or a load balancer: it answers Showpad itself.
import { createLambdaHandler, type LambdaHandler } from '@showpad-webhooks/aws-lambda';
import { receiver } from './receiver.ts';

export const handler: LambdaHandler = createLambdaHandler(receiver);
