import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  type INestApplication,
  Module,
  type ModuleMetadata,
  type NestApplicationOptions,
  Post,
  type Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { CreateServer, TestServer } from '@showpad-webhooks/conformance';
import { getShowpadReceiverToken, ShowpadWebhooksModule } from '../src/index.ts';

export type Adapter = AbstractHttpAdapter;
export const PLATFORMS: readonly (readonly [string, () => Adapter])[] = [
  ['express', () => new ExpressAdapter() as unknown as Adapter],
  ['fastify', () => new FastifyAdapter() as unknown as Adapter],
];

/** The routes of an ordinary app, beside the webhook. */
@Controller()
export class AppController {
  @Get('hello')
  hello(): string {
    return 'hello';
  }

  @Post('echo')
  @HttpCode(200)
  echo(@Body() body: unknown): unknown {
    return body;
  }
}

/** A module class with the given metadata. */
export function moduleOf(metadata: ModuleMetadata): Type<object> {
  class TestModule {}
  Module(metadata)(TestModule);
  return TestModule;
}

/** An app that is made, and not yet initialised. */
export function createApp(
  adapter: Adapter,
  metadata: ModuleMetadata,
  options: NestApplicationOptions = {},
): Promise<INestApplication> {
  const defaults: NestApplicationOptions = {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  };
  return NestFactory.create(moduleOf(metadata), adapter, { ...defaults, ...options });
}

/** The conformance suite's app, on one platform. */
export function serverOn(createAdapter: () => Adapter): CreateServer {
  return async ({ options, path, parser }) => {
    const app = await createApp(
      createAdapter(),
      {
        imports: [ShowpadWebhooksModule.forRoot({ ...options, path })],
        controllers: [AppController],
      },
      parser === 'none' ? { bodyParser: false } : {},
    );
    await app.listen(0, '127.0.0.1');
    return {
      url: await app.getUrl(),
      receiver: app.get(getShowpadReceiverToken()) as TestServer['receiver'],
      close: () => app.close(),
    };
  };
}
