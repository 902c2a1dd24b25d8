// The function of template.yaml: it reads the queue that API Gateway fills.
import { createSqsHandler, type SqsHandler } from '@showpad-webhooks/aws-lambda';
import { receiver } from './receiver.ts';

export const handler: SqsHandler = createSqsHandler(receiver);
