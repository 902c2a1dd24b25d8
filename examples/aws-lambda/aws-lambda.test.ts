import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { signedDelivery } from '@showpad-webhooks/aws-lambda/testing';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startDynamo } from './local-aws.ts';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const key = 'a-signature-key';
const log = vi.spyOn(console, 'log');
const warn = vi.spyOn(console, 'warn');

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo('showpad-ledger');
});
afterAll(() => {
  vi.unstubAllEnvs();
  return new Promise((resolve) => dynamo.close(resolve));
});
beforeEach(() => {
  vi.stubEnv('SHOWPAD_SIGNATURE_KEY', key);
  vi.stubEnv('LEDGER_TABLE', 'showpad-ledger');
  vi.resetModules(); // Each test has an instance of its own.
  for (const spy of [log, warn]) spy.mockReset().mockImplementation(() => {});
});

function messageOf({ headers, body }: ReturnType<typeof signedDelivery>) {
  const entries = Object.entries(headers).map(([name, stringValue]) => [
    name,
    { stringValue, dataType: 'String' },
  ]);
  return {
    messageId: 'message-1',
    body: body.toString('base64'),
    attributes: { SentTimestamp: `${Date.now()}` },
    messageAttributes: Object.fromEntries(entries),
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:showpad',
  };
}

test('the function of the queue handles an event once, and deletes a forged one', async () => {
  const { handler } = await import('./handler.ts');
  const good = messageOf(signedDelivery('shared-space-user-added', { key }));
  for (let count = 0; count < 2; count++) {
    expect(await handler({ Records: [good] })).toEqual({ batchItemFailures: [] });
  }
  expect(log.mock.calls).toEqual([['CRM: added kent.cook@showpad.com to "Breakfast Service"']]);
  const forged = messageOf(signedDelivery('shared-space-user-added', { key: 'guessed' }));
  expect(await handler({ Records: [forged] })).toEqual({ batchItemFailures: [] });
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^SIGNATURE_MISMATCH: /));
});

test('does not start without a key', async () => {
  vi.stubEnv('SHOWPAD_SIGNATURE_KEY', undefined);
  await expect(import('./handler.ts')).rejects.toThrow(/keys is blank/);
});

test('the one command shows the function at work, and ends', async () => {
  const args = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'demo.ts'];
  const demo = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')]);
  expect(output).toContain('The function answered 200 {"outcome":"handled"}\n');
  expect(output).toContain('The function answered 200 {"outcome":"duplicate"} when the event came again\n');
  expect(code).toBe(0);
});
