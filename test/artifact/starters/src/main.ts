import type { ExecutionContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './snippet-1.js';

interface Incoming {
  readonly headers: { readonly authorization?: string };
}

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  // Most apps have such a guard. It does not run for webhooks.
  app.useGlobalGuards({
    canActivate: (context: ExecutionContext) =>
      context.switchToHttp().getRequest<Incoming>().headers.authorization !==
      undefined,
  });
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
