import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createShowpadWebhooksClient,
  type NewSubscription,
  type ShowpadApiError,
  type ShowpadWebhooksClient,
  type ShowpadWebhooksClientOptions,
} from '@showpad-webhooks/client';
import { createEmulator, type Emulator, type EmulatorOptions } from '@showpad-webhooks/emulator';
import { expect, onTestFinished } from 'vitest';

export const INPUT: NewSubscription = {
  name: 'CRM',
  types: ['shared-space-user-added'],
  url: 'http://127.0.0.1:9/webhooks/showpad',
};

export const PASSWORD_GRANT = {
  type: 'password',
  clientId: 'client',
  clientSecret: 'secret',
  username: 'admin',
  password: 'admin',
} as const;

/** An emulator for one test, whose clock stands still. */
export async function openEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await createEmulator({ clock: 'manual', ...options });
  onTestFinished(() => emulator.close());
  return emulator;
}

export interface OpenClient {
  readonly client: ShowpadWebhooksClient;
  /** What it would have waited, had it waited. */
  readonly waits: readonly number[];
  /** Each request, as `GET /subscriptions 200`. */
  readonly requests: readonly string[];
}

/** A client of a server, that waits for nothing, by the emulator's clock and half of what chance would allow. */
export function openClient(
  server: { readonly url: string; readonly accessToken?: string; readonly now?: () => number },
  options: Partial<ShowpadWebhooksClientOptions> = {},
): OpenClient {
  const waits: number[] = [];
  const requests: string[] = [];
  const client = createShowpadWebhooksClient({
    baseUrl: `${server.url}/webhooks/v1`,
    tokenUrl: `${server.url}/api/v3/oauth2/token`,
    auth: { type: 'personal-token', token: server.accessToken ?? 'a-personal-token' },
    ...(server.now && { clock: server.now }),
    hooks: {
      onResponse: ({ method, path, status }) => requests.push(`${method} ${path} ${status}`),
    },
    ...options,
    retry:
      options.retry === false
        ? false
        : { random: () => 0.5, sleep: async (ms) => void waits.push(ms), ...options.retry },
  } as ShowpadWebhooksClientOptions);
  return { client, waits, requests };
}

/** A server that answers as a test says. */
export async function openServer(
  answer: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<{ readonly url: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Creates so many, named 1, 2 and so on. */
export async function createMany({ subscriptions }: Emulator, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) await subscriptions.create({ ...INPUT, name: `${number}` });
}

/** What a call rejects with. */
export async function failure(call: Promise<unknown>): Promise<ShowpadApiError> {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toHaveProperty('name', 'ShowpadApiError');
  return error;
}
