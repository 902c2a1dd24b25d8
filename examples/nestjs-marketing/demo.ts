import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { createEmulator } from '@showpad-webhooks/emulator';
import { getShowpadReceiverToken, type Receiver } from '@showpad-webhooks/nestjs';
import { AppModule } from './app.module.ts';
import { startFakeMailProvider } from './fake-mail-provider.ts';

/** Shows that Showpad does not wait for a mail, and how a dead letter is retried. */
export async function runDemo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-marketing-'));
  const provider = await startFakeMailProvider();
  const signatureKey = 'a-signature-key';
  const adminToken = 'an-admin-token';
  Object.assign(process.env, {
    SHOWPAD_SIGNATURE_KEY: signatureKey,
    SHOWPAD_INBOX: join(folder, 'showpad.db'),
    MAIL_PROVIDER_URL: provider.url,
    ADMIN_TOKEN: adminToken,
  });
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const showpad = await createEmulator();
  await showpad.subscriptions.create({
    name: 'marketing',
    types: ['shared-space-user-added', 'COURSE_COMPLETED'],
    url: `${url}/webhooks/showpad`,
    signatureKey,
  });

  async function send(type: string): Promise<void> {
    await showpad.trigger(type);
    const { response } = await showpad.waitForDelivery();
    console.log(
      `  The answer is ${response?.status} ${response?.body}, and ${provider.sent.size} mails are sent so far.`,
    );
  }
  async function providerAnswers(): Promise<void> {
    const [, response] = (await once(provider.server, 'request')) as [unknown, ServerResponse];
    await once(response, 'finish');
  }
  async function administer(method: 'GET' | 'POST', path: string): Promise<void> {
    const headers = { authorization: `Bearer ${adminToken}` };
    const answer = await fetch(`${url}${path}`, { method, headers });
    console.log(`  ${method} ${path}:`, await answer.json());
  }

  console.log('Somebody is added to a Shared Space, and the mail is slow');
  provider.delayMs = 500;
  const welcomed = providerAnswers();
  await send('shared-space-user-added');
  await welcomed;
  console.log('  sent:', ...provider.sent.values());

  console.log('Somebody completes a course, and the provider has no campaign for it');
  Object.assign(provider, { state: 'refusing', delayMs: 0 });
  const receiver = app.get<Receiver>(getShowpadReceiverToken());
  const dead = new Promise((resolve) => receiver.onDeadLetter(resolve));
  await send('COURSE_COMPLETED');
  await dead;
  await administer('GET', '/dead-letters');

  console.log('The campaign is created, and the event is retried');
  provider.state = 'up';
  const congratulated = providerAnswers();
  await administer('POST', '/dead-letters/retry');
  await congratulated;
  console.log('  sent:', ...provider.sent.values());

  await showpad.close();
  await app.close();
  provider.close();
  rmSync(folder, { recursive: true });
}
