import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type INestApplication, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type SignedDeliveryOptions, sampleEvent, signedDelivery } from '@showpad-webhooks/nestjs/testing';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { AppModule } from './app.module.ts';
import { Crm } from './crm.ts';
import { Marketing } from './marketing.ts';

let app: INestApplication;
let url: string;
const lines: string[] = [];

beforeAll(async () => {
  vi.stubEnv('SHOWPAD_EU_SIGNATURE_KEY', 'eu-key');
  vi.stubEnv('SHOWPAD_US_SIGNATURE_KEY', 'us-key');
  // The context is the last argument. An error has a stack before it.
  const note = (message: string, ...rest: unknown[]) => void lines.push(`${rest.at(-1)}: ${message}`);
  const logger = { log: note, warn: note, error: note };
  app = await NestFactory.create(AppModule, { logger, forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(async () => {
  await app.close();
  Logger.overrideLogger(true);
  vi.unstubAllEnvs();
});
beforeEach(() => {
  vi.restoreAllMocks();
  lines.length = 0;
});

async function deliver(
  organization: 'eu' | 'us',
  options: Partial<SignedDeliveryOptions> = {},
): Promise<number> {
  const signed = signedDelivery('shared-space-user-added', { key: `${organization}-key`, ...options });
  const { method, headers, body } = signed;
  const response = await fetch(`${url}/webhooks/showpad/${organization}`, {
    method,
    headers,
    body: new Uint8Array(body),
  });
  return response.status;
}

test('tells the CRM and marketing about an event of the European organization', async () => {
  const addContact = vi.spyOn(app.get(Crm), 'addContact');
  const startCampaign = vi.spyOn(app.get(Marketing), 'startCampaign');
  expect(await deliver('eu')).toBe(200);
  expect(addContact).toHaveBeenCalledWith('kent.cook@showpad.com', 'Breakfast Service');
  expect(startCampaign).toHaveBeenCalledWith('kent.cook@showpad.com', 'Welcome to Breakfast Service');
  expect(lines).toContainEqual(expect.stringMatching(/^Duration: MarketingHandlers\.welcome: \d+ ms$/));
});

test('keeps the organizations apart', async () => {
  const addContact = vi.spyOn(app.get(Crm), 'addContact');
  expect(await deliver('us')).toBe(200);
  expect(addContact).not.toHaveBeenCalled();
  expect(lines).toContain('Marketing: an event of type shared-space-user-added');
  expect(await deliver('us', { key: 'eu-key' })).toBe(401);
  expect(lines).toContainEqual(expect.stringContaining('Showpad: us: SIGNATURE_MISMATCH'));
});

test('lets no test Shared Space into the CRM, and says so once', async () => {
  const addContact = vi.spyOn(app.get(Crm), 'addContact');
  const { data } = sampleEvent('shared-space-user-added');
  const sharedSpace = { ...data.sharedSpace, name: 'Test of Monday' };
  expect(await deliver('eu', { data: { ...data, sharedSpace } })).toBe(422);
  expect(addContact).not.toHaveBeenCalled();
  expect(lines).toContainEqual(expect.stringMatching(/^Showpad: dead letter, permanent: \d+ bytes$/));
});

test('runs only marketing again, once the CRM has the contact', async () => {
  const addContact = vi.spyOn(app.get(Crm), 'addContact');
  vi.spyOn(app.get(Marketing), 'startCampaign').mockRejectedValueOnce(new Error('down'));
  expect(await deliver('eu', { id: 'retried' })).toBe(500);
  expect(await deliver('eu', { id: 'retried' })).toBe(200);
  expect(addContact).toHaveBeenCalledOnce();
});

test('the one command starts it, shows a delivery, and lets it end cleanly', async () => {
  const { SHOWPAD_EU_SIGNATURE_KEY: _, SHOWPAD_US_SIGNATURE_KEY: __, ...env } = process.env;
  const args = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'main.ts'];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...env, PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  const output: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    output.push(line);
    if (line.startsWith('A sample delivery')) child.kill('SIGTERM');
  }
  expect(output).toContainEqual(
    expect.stringContaining('[CRM] contact kent.cook@showpad.com, of "Breakfast Service"'),
  );
  expect(output.at(-1)).toBe('A sample delivery was answered 200 {"outcome":"handled"}');
  const [, signal] =
    child.exitCode === null && child.signalCode === null
      ? await once(child, 'exit')
      : [null, child.signalCode];
  expect(signal).toBe('SIGTERM'); // Nest ends with the signal that it got, when its hooks are done.
});
