import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createClient,
  type NewSubscription,
  type ShowpadApiError,
  type ShowpadClient,
  type ShowpadClientOptions,
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

/** An emulator for one test. Its clock stands still. */
export async function openEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await createEmulator({ clock: 'manual', ...options });
  onTestFinished(() => emulator.close());
  return emulator;
}

export interface OpenClient {
  readonly client: ShowpadClient;
  /** The waits that it would have made. */
  readonly waits: readonly number[];
  /** Each request, written as `GET /subscriptions 200`. */
  readonly requests: readonly string[];
}

/** A client that never waits. It uses the clock of the emulator, and its random number is always a half. */
export function openClient(
  server: { readonly url: string; readonly accessToken?: string; readonly now?: () => number },
  options: Partial<ShowpadClientOptions> = {},
): OpenClient {
  const waits: number[] = [];
  const requests: string[] = [];
  const client = createClient({
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
  } as ShowpadClientOptions);
  return { client, waits, requests };
}

/** A server whose answers a test decides. */
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

/** Creates a number of subscriptions with the names 1, 2 and so on. */
export async function createMany({ subscriptions }: Emulator, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) await subscriptions.create({ ...INPUT, name: `${number}` });
}

/** The error that a call rejects with. */
export async function failure(call: Promise<unknown>): Promise<ShowpadApiError> {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toHaveProperty('name', 'ShowpadApiError');
  return error;
}
