import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { signedDelivery } from '@showpad-webhooks/nestjs/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { AppModule } from './app.module.ts';

let app: NestFastifyApplication;
const lines: string[] = [];

beforeAll(async () => {
  vi.stubEnv('SHOWPAD_SIGNATURE_KEY', 'fastify-key');
  const note = (message: string) => void lines.push(message);
  app = await NestFactory.create(AppModule, new FastifyAdapter(), {
    logger: { log: note, warn: note, error: note },
  });
  await app.init();
});
afterAll(async () => {
  await app.close();
  vi.unstubAllEnvs();
});

test('handles a delivery once, without a network', async () => {
  const { headers, body } = signedDelivery('shared-space-user-added', { key: 'fastify-key' });
  const inject = () => app.inject({ method: 'POST', url: '/webhooks/showpad', headers, payload: body });
  expect((await inject()).json()).toEqual({ outcome: 'handled' });
  expect((await inject()).json()).toEqual({ outcome: 'duplicate' });
  expect(
    lines.filter((line) => line === 'contact kent.cook@showpad.com, of "Breakfast Service"'),
  ).toHaveLength(1);
});

test('leaves the rest of the app its parsed bodies', async () => {
  const response = await app.inject({ method: 'POST', url: '/contacts', payload: { email: 'a@b.c' } });
  expect(response.json()).toEqual({ added: { email: 'a@b.c' } });
});
