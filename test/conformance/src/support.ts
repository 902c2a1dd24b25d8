import type { Outcome } from '@showpad-webhooks/core';
import {
  type SignedDelivery,
  type SignedDeliveryOptions,
  signedDelivery,
} from '@showpad-webhooks/core/testing';
import { afterEach, expect, vi } from 'vitest';
import { type Answer, type Sendable, send } from './http.ts';
import type { CreateServer, ServerSetup, TestServer } from './server.ts';

export const KEY = 'conformance-key';
export const PATH = '/webhooks/showpad';
export const TYPE = 'fidelity';

/** Starts servers for one test and stops them after it. */
export function useServers(
  createServer: CreateServer,
): (
  options?: Partial<ServerSetup['options']>,
  setup?: Partial<Omit<ServerSetup, 'options'>>,
) => Promise<TestServer> {
  const servers: TestServer[] = [];
  afterEach(async () => {
    vi.useRealTimers();
    for (const server of servers.splice(0)) await server.close();
  });
  return async (options, setup) => {
    const server = await createServer({
      path: PATH,
      parser: 'none',
      ...setup,
      options: { keys: KEY, ...options },
    });
    servers.push(server);
    return server;
  };
}

export function deliver(
  { url }: TestServer,
  delivery: SignedDelivery,
  extra: Sendable = {},
): Promise<Answer> {
  return send(url + PATH, { ...delivery, ...extra, headers: { ...delivery.headers, ...extra.headers } });
}

/** An ordinary event with a new id. */
export function signed(options: Partial<SignedDeliveryOptions> = {}): SignedDelivery {
  return signedDelivery(TYPE, { key: KEY, data: {}, ...options });
}

/** Any bytes, signed as Showpad would sign them. */
export function signedBytes(body: Uint8Array): SignedDelivery {
  return signedDelivery({ body }, { key: KEY });
}

export function expectAnswer(answer: Answer, status: number, outcome: Outcome, code?: string): void {
  expect({ status: answer.status, body: JSON.parse(answer.body) }).toEqual({
    status,
    body: code === undefined ? { outcome } : { outcome, code },
  });
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['showpad-webhooks']).toBe([outcome, code].filter(Boolean).join(' '));
  expect(answer.headers['retry-after']).toBe(status === 503 ? '3' : undefined);
}

/** Collects the exact bytes that the receiver saw, whether they were an event or not. */
export function collectBodies({ receiver }: TestServer): Buffer[] {
  const bodies: Buffer[] = [];
  receiver.onAny((_event, { rawBody }) => bodies.push(Buffer.from(rawBody)));
  receiver.onDeadLetter(({ rawBody }) => bodies.push(Buffer.from(rawBody)));
  return bodies;
}
