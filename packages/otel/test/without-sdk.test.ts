import { createReceiver } from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { createTelemetry } from '@showpad-webhooks/otel';
import { expect, onTestFinished, test, vi } from 'vitest';
import { KEY, TYPE } from './app.ts';

// No SDK is registered in this file.

test('without an SDK a delivery is passed on as it came', async () => {
  const { method, headers, body } = signedDelivery(TYPE, { key: KEY });
  const request = { method, headers, body };
  const receipt = { outcome: 'ignored', response: { status: 200, headers: {}, body: '' } } as const;
  const receive = vi.fn(async () => receipt);
  await createTelemetry().aroundDelivery({ receiverName: 'default', request, receive });
  expect(receive.mock.calls).toEqual([[request]]);
  expect(receive.mock.lastCall?.[0 as never]).toBe(request);
});

test('without an SDK an inbox keeps the headers as they were sent', async () => {
  const inbox = createMemoryInbox();
  const receiver = createReceiver({ keys: KEY, inbox, telemetry: createTelemetry() });
  onTestFinished(() => receiver.close());
  const delivery = signedDelivery(TYPE, { key: KEY });
  await receiver.receive(delivery);
  const { items } = await inbox.list({ state: 'pending' });
  expect(items.map(({ headers }) => headers)).toEqual([delivery.headers]);
});
