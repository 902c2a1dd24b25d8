// REDIS_PORT=6379 pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed. Without one it
// makes up a key, and sends itself a sample to show what happens. bull-board is at /queues.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { NestFactory } from '@nestjs/core';
import type { BullmqInbox } from '@showpad-webhooks/bullmq';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/nestjs/testing';
import { AppModule } from './app.module.ts';

const isDemo = process.env.SHOWPAD_SIGNATURE_KEY === undefined;
process.env.SHOWPAD_SIGNATURE_KEY ??= randomUUID();

const app = await NestFactory.create(AppModule);

// bull-board shows payloads, so put it behind the login of your app.
const board = new ExpressAdapter();
board.setBasePath('/queues');
createBullBoard({
  queues: [new BullMQAdapter(app.get<BullmqInbox>('SHOWPAD_INBOX').queue)],
  serverAdapter: board,
});
app.use('/queues', board.getRouter());

app.enableShutdownHooks(); // On a deploy, running handlers end, and the rest stays in Redis.
await app.listen(process.env.PORT ?? 3000);
const url = await app.getUrl();
console.log(`Receiving at ${url}/webhooks/showpad, and the queue is at ${url}/queues`);

if (isDemo) {
  const event = { ...sampleEvent('shared-space-user-added'), id: randomUUID() };
  const { method, headers, body } = signedDelivery(event, { key: process.env.SHOWPAD_SIGNATURE_KEY });
  const response = await fetch(`${url}/webhooks/showpad`, { method, headers, body: new Uint8Array(body) });
  console.log(`A sample delivery was answered ${response.status} ${await response.text()}`);
}
