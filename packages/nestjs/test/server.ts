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
import { type CreateServer, endSessionsOf } from '@showpad-webhooks/conformance';
import { type AnyReceiver, getShowpadReceiverToken, ShowpadWebhooksModule } from '../src/index.ts';

export type Adapter = AbstractHttpAdapter;
export const PLATFORMS: readonly (readonly [string, () => Adapter])[] = [
  ['express', () => new ExpressAdapter() as unknown as Adapter],
  ['fastify', () => new FastifyAdapter() as unknown as Adapter],
];

/** The routes of an ordinary app, next to the webhook. */
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

/** Makes a module class with the given metadata. */
export function moduleOf(metadata: ModuleMetadata): Type<object> {
  class TestModule {}
  Module(metadata)(TestModule);
  return TestModule;
}

/** Makes an app, and does not initialise it. */
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
  return async ({ options, path, parser, mountPath }) => {
    const app = await createApp(
      createAdapter(),
      {
        imports: [ShowpadWebhooksModule.forRoot({ ...options, path })],
        controllers: [AppController],
      },
      parser === 'none' ? { bodyParser: false } : {},
    );
    const receiver = app.get<AnyReceiver>(getShowpadReceiverToken());
    if (mountPath === undefined) {
      const endSessions = endSessionsOf(app.getHttpServer());
      await app.listen(0, '127.0.0.1');
      const close = async () => {
        const closed = app.close();
        endSessions();
        await closed;
      };
      return { url: await app.getUrl(), receiver, close };
    }
    await app.init();
    const outer = await createApp(createAdapter(), {});
    outer.use(mountPath, app.getHttpAdapter().getInstance());
    await outer.listen(0, '127.0.0.1');
    const close = async () => {
      await outer.close();
      await app.close();
    };
    return { url: await outer.getUrl(), receiver, close };
  };
}
