import type { EventJson } from '@showpad-webhooks/core/testing';
import { type Attempt, createEmulator, type Emulator, type FaultRuleInput } from '@showpad-webhooks/emulator';
import { CliError, checked } from '../cli-error.ts';
import { EXIT } from '../exit-code.ts';
import { addFaults } from '../input/read-faults.ts';

/** Where deliveries go, as a subscription describes it. */
export interface Target {
  readonly url: string;
  readonly method: 'POST' | 'GET';
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface Deliveries {
  readonly target: Target;
  readonly type: string;
  readonly key: string;
  readonly overrides: Partial<EventJson>;
  /** The exact body, instead of the sample and `overrides`. */
  readonly body: Buffer | undefined;
  readonly count: number;
  readonly concurrency: number;
  /** Whether failed deliveries are retried on Showpad's schedule. Otherwise each is tried once. */
  readonly isRetried: boolean;
  readonly faults: readonly FaultRuleInput[];
  readonly signal: AbortSignal;
  readonly onAttempt: (attempt: Attempt) => void;
}

export interface Counts {
  /** Includes the copies that faults made. */
  readonly sent: number;
  readonly succeeded: number;
}

/** The emulator ends each attempt, and `close` ends the wait. */
export const NO_TIMEOUT: { readonly timeoutMs: number } = { timeoutMs: Number.POSITIVE_INFINITY };

/** The host of a URL, as the emulator allows it. By default it refuses other machines, but whoever passes a URL wants its host. */
export function targetOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Sends events to a URL as Showpad would, from an emulator of their own. */
export async function deliver(deliveries: Deliveries): Promise<Counts> {
  const { target, type, key, overrides, body, count, concurrency, isRetried, faults, signal } = deliveries;
  const host = URL.canParse(target.url) ? targetOf(new URL(target.url)) : '';
  const emulator = await createEmulator({
    concurrency,
    allowTargets: [host],
    maxStoredAttempts: Math.max(10_000, count * 10),
    ...(!isRetried && { retryDelaysMs: [] }),
  });
  const stop = () => void emulator.close();
  try {
    const subscription = { name: 'trigger', types: [type], ...target, signatureKey: key };
    await checked(() => emulator.subscriptions.create(subscription));
    await addFaults(emulator, faults);
    signal.addEventListener('abort', stop, { once: true });
    await emulator.trigger(type, overrides, { count, body });
    return await follow(emulator, deliveries);
  } catch (error) {
    if (signal.aborted) {
      throw new CliError('Stopped before everything was delivered.', undefined, EXIT.notDelivered);
    }
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await emulator.close();
  }
}

/** Reports each attempt when it ends, until no delivery is left. */
async function follow(emulator: Emulator, { onAttempt }: Deliveries): Promise<Counts> {
  const states = new Map<string, Attempt['state']>();
  for (;;) {
    const open = (await emulator.attempts()).filter(({ notificationId }) => !states.has(notificationId));
    if (open.length === 0) break;
    // Each call of attempts() reads the whole log, so the next one waits until all of these are done.
    const left = new Set(open.map(({ notificationId }) => notificationId));
    while (left.size > 0) {
      const attempt = await emulator.waitForDelivery({}, NO_TIMEOUT);
      onAttempt(attempt);
      if (attempt.state === 'will-retry') continue;
      left.delete(attempt.notificationId);
      states.set(attempt.notificationId, attempt.state);
    }
  }
  const succeeded = [...states.values()].filter((state) => state === 'succeeded').length;
  return { sent: states.size, succeeded };
}
