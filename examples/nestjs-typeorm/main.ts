// pnpm start runs the app on PORT with the Postgres of DATABASE_URL. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
// Without one it makes up a key, and sends itself the same sample twice.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/nestjs/testing';
import { AppModule } from './app.module.ts';

const isDemo = process.env.SHOWPAD_SIGNATURE_KEY === undefined;
process.env.SHOWPAD_SIGNATURE_KEY ??= randomUUID();

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks(); // On a deploy, running handlers end, and the rest stays in Postgres.
await app.listen(process.env.PORT ?? 3000);
const url = await app.getUrl();
console.log(`Receiving at ${url}/webhooks/showpad`);

if (isDemo) {
  const event = { ...sampleEvent('shared-space-user-added'), id: randomUUID() };
  for (let count = 0; count < 2; count++) {
    const { method, headers, body } = signedDelivery(event, { key: process.env.SHOWPAD_SIGNATURE_KEY });
    const response = await fetch(`${url}/webhooks/showpad`, { method, headers, body: new Uint8Array(body) });
    console.log(`A sample delivery was answered ${response.status} ${await response.text()}`);
  }
}
