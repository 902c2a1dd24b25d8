import type { Emulator } from '@showpad-webhooks/emulator';
import { expect, test } from 'vitest';
import { openEmulator, TYPE } from './open-emulator.ts';

test.each<[string, (emulator: Emulator, misspelt: object) => Promise<unknown>, string]>([
  ['trigger', (emulator, misspelt) => emulator.trigger(TYPE, {}, misspelt), 'subscriptionId, count, body'],
  ['replay', (emulator, misspelt) => emulator.replay('an-attempt', misspelt), 'body, resign'],
  [
    'the filter of waitForDelivery',
    (emulator, misspelt) => emulator.waitForDelivery(misspelt),
    'type, eventId, notificationId, subscriptionId, number, state, status',
  ],
  ['waitForDelivery', (emulator, misspelt) => emulator.waitForDelivery({}, misspelt), 'timeoutMs'],
])('%s names an option that it does not know, and lists the others', async (_, call, known) => {
  const emulator = await openEmulator();
  await expect(call(emulator, { subscription: 'one' })).rejects.toThrow(
    new TypeError(`"subscription" is not an option. The options are: ${known}.`),
  );
});
