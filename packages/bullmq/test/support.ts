import { randomUUID } from 'node:crypto';
import { type Receiver, ShowpadWebhookError } from '@showpad-webhooks/core';
import type { InboxConsumer, InboxEntry, InboxFailure } from '@showpad-webhooks/core/inbox';
import { signedDelivery } from '@showpad-webhooks/core/testing';

export const KEY = 'test-key';
export const TYPE = 'shared-space-user-added';

/** Delivers an event. Resolves to the status, and the code or the outcome. */
export async function deliver(receiver: Receiver, id: string): Promise<string> {
  const { response, outcome, error } = await receiver.receive(signedDelivery(TYPE, { key: KEY, id }));
  return `${response.status} ${error?.code ?? outcome}`;
}

export function consumerOf(process: InboxConsumer['process']): InboxConsumer {
  return { process, onDead() {}, onError() {} };
}

export function entryOf(id: string): InboxEntry {
  return {
    id,
    type: TYPE,
    body: Buffer.from('{}'),
    bodyDigest: 1,
    method: 'POST',
    url: '/',
    headers: {},
    timestampSeconds: 1,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}

/** The name of an inbox that no other test uses. */
export function nameOf(): string {
  return `inbox-${randomUUID()}`;
}

/** An attempt that failed. */
export function failure(): InboxFailure {
  const message = 'The CRM is down.';
  const error = new ShowpadWebhookError('HANDLER_FAILED', message, { hint: 'This is a test.' });
  return { error, isFinal: false, kept: { code: 'HANDLER_FAILED', message } };
}
