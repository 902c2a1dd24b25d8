// pnpm start: the app on PORT, with the key that Showpad showed in SHOWPAD_SIGNATURE_KEY.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.ts';

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
console.log(`A Nest app on Fastify receives at ${await app.getUrl()}/webhooks/showpad`);
