import { NestFactory } from '@nestjs/core';
import { AppModule } from './snippet-1.js';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
  console.log(`Listening at ${await app.getUrl()}`);
}
void bootstrap();
