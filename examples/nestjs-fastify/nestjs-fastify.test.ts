import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
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

test('does not change how other routes parse bodies', async () => {
  const response = await app.inject({ method: 'POST', url: '/contacts', payload: { email: 'a@b.c' } });
  expect(response.json()).toEqual({ added: { email: 'a@b.c' } });
});

test('the one command starts it, shows a delivery over HTTP, and lets it end cleanly', async () => {
  const { SHOWPAD_SIGNATURE_KEY: _, ...env } = process.env;
  const args = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'main.ts'];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...env, PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  const exited = once(child, 'exit');
  const output: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    output.push(line);
    if (line.startsWith('A sample delivery')) child.kill('SIGTERM');
  }
  expect(output).toContainEqual(
    expect.stringContaining('[CRM] contact kent.cook@showpad.com, of "Breakfast Service"'),
  );
  expect(output.at(-1)).toBe('A sample delivery was answered 200 {"outcome":"handled"}');
  const [, signal] = await exited;
  expect(signal).toBe('SIGTERM'); // Nest ends with the signal that it got, when its hooks are done.
});
