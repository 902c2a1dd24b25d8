// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed. Without one it makes up a key,
// and sends itself a sample to show what happens.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { signedDelivery } from '@showpad-webhooks/nestjs/testing';
import { AppModule } from './app.module.ts';

const isDemo = process.env.SHOWPAD_SIGNATURE_KEY === undefined;
if (isDemo) process.env.SHOWPAD_SIGNATURE_KEY = randomUUID();

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
const url = `${await app.getUrl()}/webhooks/showpad`;
console.log(`A Nest app on Fastify receives at ${url}`);

if (isDemo) {
  const key = process.env.SHOWPAD_SIGNATURE_KEY as string;
  const { method, headers, body } = signedDelivery('shared-space-user-added', { key });
  const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
  console.log(`A sample delivery was answered ${response.status} ${await response.text()}`);
}
