import type { EventJson } from '@showpad-webhooks/core/testing';
import { type Attempt, createEmulator, type Emulator, type FaultRuleInput } from '@showpad-webhooks/emulator';
import { CliError, checked } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

/** Where deliveries go, and how, as a subscription says. */
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
  /** The exact body, in place of the sample and `overrides`. */
  readonly body: Buffer | undefined;
  readonly count: number;
  readonly concurrency: number;
  /** Whether to follow Showpad's schedule of retries; else each is tried once. */
  readonly isRetried: boolean;
  readonly faults: readonly FaultRuleInput[];
  readonly signal: AbortSignal;
  readonly onAttempt: (attempt: Attempt) => void;
}

/** The emulator's own timeout ends each attempt long before; the longest that a timer can be set for. */
const NO_TIMEOUT = { timeoutMs: 2 ** 31 - 1 };

/**
 * Sends events to a URL as Showpad would, from an emulator of their own.
 *
 * @returns how many deliveries there were, copies by faults among them, and how many of them succeeded.
 */
export async function deliver(
  deliveries: Deliveries,
): Promise<{ readonly sent: number; readonly succeeded: number }> {
  const { target, type, key, overrides, body, count, concurrency, isRetried, faults, signal } = deliveries;
  const host = URL.canParse(target.url) ? new URL(target.url).hostname.replace(/^\[|\]$/g, '') : '';
  const emulator = await createEmulator({
    concurrency,
    // Whoever names the URL means its host.
    allowTargets: [host],
    maxStoredAttempts: Math.max(10_000, count * 10),
    ...(!isRetried && { retryDelaysMs: [] }),
  });
  const stop = () => void emulator.close();
  try {
    const subscription = { name: 'trigger', types: [type], ...target, signatureKey: key };
    await checked(() => emulator.subscriptions.create(subscription));
    for (const fault of faults) await checked(() => emulator.faults.add(fault));
    signal.addEventListener('abort', stop, { once: true });
    await emulator.trigger(type, overrides, { count, body });
    return await follow(emulator, deliveries);
  } catch (error) {
    if (signal.aborted) throw new CliError('stopped before all was delivered.', undefined, EXIT.notDelivered);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await emulator.close();
  }
}

/** Tells of each attempt as it ends, until none is left. */
async function follow(
  emulator: Emulator,
  { onAttempt }: Deliveries,
): Promise<{ sent: number; succeeded: number }> {
  const states = new Map<string, Attempt['state']>();
  for (;;) {
    const open = (await emulator.attempts()).filter(({ notificationId }) => !states.has(notificationId));
    if (open.length === 0) break;
    // Looked up again only when these are done: each look reads the whole log.
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
