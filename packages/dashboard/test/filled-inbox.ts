import { createReceiver, type Inbox, PermanentError, type Receiver } from '@showpad-webhooks/core';
import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { onTestFinished, vi } from 'vitest';

const KEY = 'the-key-of-this-test';
const TYPE = 'shared-space-user-added';

export interface FilledInbox {
  readonly inbox: Inbox;
  readonly receiver: Receiver;
  /** Whether the other system, on which the handler "crm" depends, is down. */
  isDown: boolean;
  /** Delivers an event, and resolves when it is dead. */
  die(id: string, event?: object): Promise<void>;
  deliver(id: string, event?: object): Promise<void>;
}

/** An inbox whose events die for as long as the CRM is down. */
export async function fillInbox(inbox: Inbox = createMemoryInbox()): Promise<FilledInbox> {
  const receiver = createReceiver({ keys: KEY, inbox });
  const handler = () => {
    if (filled.isDown) throw new PermanentError('The CRM answered 503.');
  };
  receiver.onAny(handler, { name: 'crm' });
  await receiver.start();
  onTestFinished(() => receiver.close());
  const filled: FilledInbox = {
    inbox,
    receiver,
    isDown: true,
    async deliver(id, event = {}) {
      const { method, headers, body } = signedDelivery({ ...sampleEvent(TYPE), id, ...event }, { key: KEY });
      await receiver.receive({ method, headers, body });
    },
    async die(id, event) {
      const before = (await inbox.counts()).dead;
      await filled.deliver(id, event);
      await vi.waitUntil(async () => (await inbox.counts()).dead > before);
    },
  };
  return filled;
}
