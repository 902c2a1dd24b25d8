// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed, and MAIL_PROVIDER_URL, ADMIN_TOKEN
// and SHOWPAD_INBOX. Without a key it runs a demo with an emulated Showpad and a fake mail provider, which ends.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.ts';

if (process.env.SHOWPAD_SIGNATURE_KEY === undefined) {
  const { runDemo } = await import('./demo.ts');
  await runDemo();
} else {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks(); // On a deploy, running handlers end, and the rest stays in the file.
  await app.listen(process.env.PORT ?? 3000);
  console.log(`Receiving at ${await app.getUrl()}/webhooks/showpad`);
}
