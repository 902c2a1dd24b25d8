import { createMemoryLedger, createReceiver } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { delivery, KEY, memoryLogger, settled, TYPE } from '../support.ts';
import { processWarnings } from './process-warnings.ts';

const warnings = processWarnings();
const on = { [TYPE]: () => {} };
const PLATFORMS = [
  ['VERCEL', '1', 'Vercel'],
  ['AWS_LAMBDA_FUNCTION_NAME', 'webhooks', 'AWS Lambda'],
  ['K_SERVICE', 'webhooks', 'Google Cloud Run'],
  ['FUNCTIONS_WORKER_RUNTIME', 'node', 'Azure Functions'],
  ['DENO_DEPLOYMENT_ID', 'abc', 'Deno Deploy'],
  ['KUBERNETES_SERVICE_HOST', '10.0.0.1', 'Kubernetes'],
  ['NODE_APP_INSTANCE', '1', 'PM2'],
] as const;

beforeEach(() => {
  for (const [variable] of PLATFORMS) vi.stubEnv(variable, undefined); // This may run on one of them.
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

test.each(PLATFORMS)(
  'warns at the first delivery if %s is %s, which means %s',
  async (variable, value, platform) => {
    vi.stubEnv(variable, value);
    const receiver = createReceiver({ keys: KEY, on });
    expect(warnings.entries).toEqual([]);
    await receiver.receive(delivery());
    await receiver.receive(delivery());
    await receiver.start();
    const [warning] = await warnings.has(1);
    await settled();
    expect(warnings.entries).toHaveLength(1);
    expect(warning).toMatchObject({ name: 'ShowpadWebhooksWarning', code: 'MEMORY_LEDGER' });
    expect(warning?.message).toContain(`seems to run on ${platform}, where`);
  },
);

test('has warned when close() resolves, so that the app may exit', async () => {
  vi.stubEnv('K_SERVICE', 'webhooks');
  const receiver = createReceiver({ keys: KEY, on });
  await receiver.receive(delivery());
  await receiver.close();
  expect(warnings.entries).toHaveLength(1);
});

test('warns at the start, in the log if there is one', async () => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1');
  const { logger, lines } = memoryLogger();
  await createReceiver({ keys: KEY, on, logger, name: 'crm' }).start();
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatchObject({ level: 40, receiverName: 'crm', platform: 'Kubernetes' });
  expect(lines[0]?.msg).toBe(
    'No ledger was passed, so which events are handled is remembered only in the memory of this process. The app seems to run ' +
      'on Kubernetes, where a retry may reach another instance, and then the event is handled twice. Pass a ledger or an inbox ' +
      'that all instances share. If there is only one instance, or handling an event twice does no harm, pass "ledger: ' +
      'createMemoryLedger()".',
  );
});

test('warns on the console of Cloudflare Workers, which show no process warnings', async () => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  await createReceiver({ keys: KEY, on }).start();
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
  expect(warn).toHaveBeenCalledWith('MEMORY_LEDGER', expect.stringContaining('Cloudflare Workers'), '');
  warn.mockRestore();
});

test.each([
  ['with a ledger, even in memory', { ledger: createMemoryLedger() }],
  ['with ledger: false', { ledger: false } as const],
  ['with an inbox', { inbox: createMemoryInbox() }],
])('does not warn %s', async (_what, chosen) => {
  vi.stubEnv('VERCEL', '1');
  const receiver = createReceiver({ keys: KEY, on, ...chosen });
  await receiver.start();
  await receiver.close();
  await settled();
  expect(warnings.entries).toEqual([]);
});

test('does not warn on a machine of your own, or of the first instance of PM2', async () => {
  vi.stubEnv('NODE_APP_INSTANCE', '0');
  await createReceiver({ keys: KEY, on }).start();
  await settled();
  expect(warnings.entries).toEqual([]);
});
