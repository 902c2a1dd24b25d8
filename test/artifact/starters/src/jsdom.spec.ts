/** @jest-environment jsdom */
import { createReceiver, verifySignature } from '@showpad-webhooks/nestjs';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/nestjs/testing';

it('receives under jsdom, whose bytes are of another realm', async () => {
  expect(typeof window).toBe('object');
  const key = 'test-key';
  const emails: string[] = [];
  const receiver = createReceiver({ keys: key });
  receiver.on('shared-space-user-added', ({ data }) => {
    emails.push(data.invitee.email);
  });
  const signed = signedDelivery('shared-space-user-added', { key });
  const body = new Uint8Array(signed.body);
  const { headers } = signed;
  expect(
    verifySignature({ body, headers, keys: key }).keyLabel,
  ).toBeUndefined();
  const receipt = await receiver.receive({ ...signed, body });
  expect(receipt.outcome).toBe('handled');
  const sample = sampleEvent('shared-space-user-added');
  expect(emails).toEqual([sample.data.invitee.email]);
  await receiver.close();
});
