import type { IncomingMessage } from 'node:http';
import {
  Body,
  Controller,
  HttpCode,
  Module,
  Post,
  type RawBodyRequest,
  Req,
  UnauthorizedException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { OnShowpadEvent, ShowpadWebhooksModule } from '@showpad-webhooks/nestjs';
import { verifyByHand } from '../hand-written.ts';
import { KEY } from '../peers.ts';
import { PATH } from './load.ts';
import type { BenchServer, ServersOfFramework } from './servers.ts';

@Controller()
class HandWrittenController {
  @Post(PATH)
  @HttpCode(200)
  receive(@Req() req: RawBodyRequest<IncomingMessage>): object {
    try {
      verifyByHand(req.rawBody as Buffer, req.headers, KEY);
    } catch {
      throw new UnauthorizedException();
    }
    return { outcome: 'handled' };
  }
}

@Controller()
class UnverifiedController {
  @Post(PATH)
  @HttpCode(200)
  receive(@Body() event: object): object {
    return { outcome: event ? 'handled' : 'ignored' };
  }
}

class Handlers {
  @OnShowpadEvent('shared-space-user-added')
  handle(): void {}
}

@Module({ controllers: [HandWrittenController] })
class HandWrittenModule {}

@Module({ controllers: [UnverifiedController] })
class UnverifiedModule {}

@Module({ imports: [ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY })], providers: [Handlers] })
class OurModule {}

type Platform = 'express' | 'fastify';

export function nestServers(platform: Platform): ServersOfFramework {
  return {
    'hand-written': () => listen(platform, HandWrittenModule, { rawBody: true }),
    'showpad-webhooks': () => listen(platform, OurModule),
    'no verification': () => listen(platform, UnverifiedModule),
  };
}

async function listen(
  platform: Platform,
  module: object,
  options: { rawBody?: boolean } = {},
): Promise<BenchServer> {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(module, adapter, {
    logger: false,
    forceCloseConnections: true,
    ...options,
  });
  await app.listen(0, '127.0.0.1');
  return { port: app.getHttpServer().address().port, close: () => app.close() };
}
