import {
  type CreatedEmulatorSubscription,
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type NewEmulatorSubscription,
} from '@showpad-webhooks/emulator';
import { onTestFinished } from 'vitest';

export const TYPE = 'shared-space-user-added';
export const KEY = 'the-key-of-this-test';

/** Starts an emulator for one test. Its clock stands still unless the options say otherwise. */
export async function openEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await createEmulator({ clock: 'manual', ...options });
  onTestFinished(() => emulator.close());
  return emulator;
}

/** Subscribes an endpoint to the type that most tests use. */
export async function subscribe(
  { subscriptions }: Emulator,
  url: string,
  further: Partial<NewEmulatorSubscription> = {},
): Promise<CreatedEmulatorSubscription> {
  return subscriptions.create({ name: 'CRM', types: [TYPE], url, signatureKey: KEY, ...further });
}
