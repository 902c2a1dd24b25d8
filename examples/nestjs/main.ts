// pnpm start runs the app on PORT. Set SHOWPAD_EU_SIGNATURE_KEY and SHOWPAD_US_SIGNATURE_KEY to the keys that Showpad showed.
// Without them it makes up keys, and sends itself a sample to show what happens.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { signedDelivery } from '@showpad-webhooks/nestjs/testing';
import { AppModule } from './app.module.ts';

const isDemo = process.env.SHOWPAD_EU_SIGNATURE_KEY === undefined;
if (isDemo) process.env.SHOWPAD_EU_SIGNATURE_KEY = process.env.SHOWPAD_US_SIGNATURE_KEY = randomUUID();

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
const url = await app.getUrl();
console.log(`A Nest app receives at ${url}/webhooks/showpad/eu and …/us`);

if (isDemo) {
  const key = process.env.SHOWPAD_EU_SIGNATURE_KEY as string;
  const { method, headers, body } = signedDelivery('shared-space-user-added', { key });
  const response = await fetch(`${url}/webhooks/showpad/eu`, { method, headers, body: new Uint8Array(body) });
  console.log(`A sample delivery was answered ${response.status} ${await response.text()}`);
}
