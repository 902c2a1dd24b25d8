import { createReceiver, type Logger } from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { expect, onTestFinished, test } from 'vitest';

const KEY = 'a-signature-key';
const delivery = (type: string) =>
  signedDelivery({ body: JSON.stringify({ type, id: crypto.randomUUID(), data: {} }) }, { key: KEY });

function keepWarnings(): { readonly logger: Logger; readonly warnings: readonly [object, string][] } {
  const warnings: [object, string][] = [];
  const ignore = () => {};
  const warn = (fields: object, message = '') => void warnings.push([fields, message]);
  return { logger: { debug: ignore, info: ignore, error: ignore, warn }, warnings };
}

test('tells once per type of events that nothing handles', async () => {
  const { logger, warnings } = keepWarnings();
  const receiver = createReceiver({
    name: 'crm',
    keys: KEY,
    logger,
    on: { 'shared-space-created': () => {} },
  });
  for (const type of ['a', 'a', 'b', 'shared-space-created']) await receiver.receive(delivery(type));
  expect(warnings).toEqual([
    [
      { receiverName: 'crm', type: 'a' },
      expect.stringMatching(/^No handler takes events of the type "a", so/),
    ],
    [{ receiverName: 'crm', type: 'b' }, expect.stringContaining('"b"')],
  ]);
});

test('tells of at most 100 types, and cuts and escapes what it shows', async () => {
  const { logger, warnings } = keepWarnings();
  const receiver = createReceiver({ keys: KEY, logger, on: { 'shared-space-created': () => {} } });
  await receiver.receive(delivery(`\u001b[31m${'x'.repeat(1_000)}`));
  for (let number = 0; number < 150; number++) await receiver.receive(delivery(`type-${number}`));
  expect(warnings).toHaveLength(100);
  expect(warnings[0]?.[1]).not.toContain('\u001b');
  expect(warnings[0]?.[1].length).toBeLessThan(300);
});

test('says at the start, or else at the first event, that a receiver handles nothing', async () => {
  const started = keepWarnings();
  const receiver = createReceiver({ keys: KEY, logger: started.logger });
  await receiver.start();
  await receiver.receive(delivery('a'));
  const notStarted = keepWarnings();
  await createReceiver({ keys: KEY, logger: notStarted.logger }).receive(delivery('a'));
  for (const { warnings } of [started, notStarted]) {
    expect(warnings.map(([, message]) => message)).toEqual([
      'The receiver has no handlers, so every event is ignored. Register one with receiver.on().',
    ]);
  }
});

test('shows a process warning if there is no logger', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error) => void warnings.push(warning);
  process.on('warning', listener);
  onTestFinished(() => void process.off('warning', listener));
  const receiver = createReceiver({ keys: KEY, on: { 'shared-space-created': () => {} } });
  await receiver.receive(delivery('asset-viewed'));
  await expect.poll(() => warnings).toMatchObject([{ code: 'EVENT_IGNORED' }]);
});

test('says nothing of a receiver without handlers that stores for another process', async () => {
  const { logger, warnings } = keepWarnings();
  const receiver = createReceiver({ keys: KEY, logger, inbox: createMemoryInbox() });
  await receiver.start();
  expect((await receiver.receive(delivery('a'))).outcome).toBe('queued');
  await receiver.close();
  expect(warnings).toEqual([]);
});

test('tells of a type that nothing handles if the events come from an inbox', async () => {
  const { logger, warnings } = keepWarnings();
  const inbox = createMemoryInbox();
  const receiver = createReceiver({ keys: KEY, logger, inbox, on: { 'shared-space-created': () => {} } });
  await receiver.start();
  await receiver.receive(delivery('a'));
  await receiver.close();
  expect(warnings).toEqual([
    [expect.objectContaining({ type: 'a' }), expect.stringContaining('No handler takes')],
  ]);
});
