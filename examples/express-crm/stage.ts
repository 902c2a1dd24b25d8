import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Attempt, createEmulator, type Emulator } from '@showpad-webhooks/emulator';
import type { DeadLetter, Receiver } from '@showpad-webhooks/express';
import { createApp } from './app.ts';
import { createCrm } from './crm.ts';
import { type FakeCrm, startFakeCrm } from './fake-crm.ts';

/** The app between an emulated Showpad, whose clock tests can move, and a CRM that tests can break. */
export interface Stage {
  readonly showpad: Emulator;
  readonly crm: FakeCrm;
  readonly receiver: Receiver;
  readonly letters: readonly DeadLetter[];
  /** Sends an event, and resolves to its first attempt when that has an answer. */
  send(type: string, data?: unknown): Promise<Attempt>;
  close(): Promise<void>;
}

export async function openStage(log: (line: string) => void): Promise<Stage> {
  const signatureKey = 'a-signature-key';
  const crm = await startFakeCrm();
  const letters: DeadLetter[] = [];
  const { app, receiver } = createApp({
    crm: createCrm({ url: crm.url, token: 'a-token' }),
    signatureKey,
    keep: async (letter) => void letters.push(letter),
    log,
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const showpad = await createEmulator({ clock: 'manual' });
  await showpad.subscriptions.create({
    name: 'CRM',
    types: ['shared-space-user-added', 'shared-space-created'],
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/showpad`,
    signatureKey,
  });
  return {
    showpad,
    crm,
    receiver,
    letters,
    async send(type, data) {
      await showpad.trigger(type, data === undefined ? {} : { data });
      return showpad.waitForDelivery({ number: 1 });
    },
    async close() {
      await showpad.close();
      server.close();
      crm.close();
    },
  };
}
