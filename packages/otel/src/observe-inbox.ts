import { type BatchObservableCallback, type MeterProvider, metrics } from '@opentelemetry/api';
import type { Inbox } from '@showpad-webhooks/core';
import { checkKnown, withDeadline } from '@showpad-webhooks/core/shared';
import { DESTINATION, INBOX_STATE, SCOPE } from './attributes.ts';
import { guard } from './guard.ts';

export interface ObserveInboxOptions {
  /** Default: the global provider. Register it before you call this, because an observer cannot move to a later one. */
  readonly meterProvider?: MeterProvider;
}

/**
 * Observes an inbox at every collection of metrics: how many entries it holds in each state, and how late handling is. If the
 * store cannot be reached or takes longer than 2.5 s, these values are left out, and the inbox is reported as not reachable.
 *
 * The values are gauges and not sums: if several processes share an inbox, each one reports all of it.
 *
 * @returns a function that stops observing. Call it before you close the inbox.
 * @throws TypeError for an unknown option.
 *
 * @example
 * ```ts
 * import { createMemoryInbox } from '@showpad-webhooks/core/testing';
 * import { observeInbox } from '@showpad-webhooks/otel';
 *
 * const stop = observeInbox(createMemoryInbox());
 * stop();
 * ```
 */
export function observeInbox(inbox: Inbox, options: ObserveInboxOptions = {}): () => void {
  const { meterProvider } = options;
  checkKnown(options, { meterProvider });
  const stop = guard(() => observe(inbox, meterProvider ?? metrics.getMeterProvider()));
  return () => guard(() => stop?.());
}

function observe(inbox: Inbox, meterProvider: MeterProvider): () => void {
  const meter = meterProvider.getMeter(SCOPE);
  const entries = meter.createObservableGauge('showpad.webhook.inbox.entries', {
    unit: '{entry}',
    description: 'Entries of the inbox, by state.',
  });
  const lag = meter.createObservableGauge('showpad.webhook.inbox.lag', {
    unit: 's',
    description: 'How long the entry that waits longest has been due.',
  });
  // The JavaScript SDK repeats the last value of a gauge that has no new one, so trouble needs a gauge of its own.
  const reachable = meter.createObservableGauge('showpad.webhook.inbox.reachable', {
    description: '1 if the inbox answers, 0 if it does not.',
  });
  const shared = { [DESTINATION]: inbox.name };
  const observables = [entries, lag, reachable];
  const callback: BatchObservableCallback = async (result) => {
    const [counts, health] = await Promise.all([answer(() => inbox.counts()), answer(() => inbox.health())]);
    for (const [state, count] of Object.entries(counts ?? {})) {
      result.observe(entries, count, { ...shared, [INBOX_STATE]: state });
    }
    const isReachable = counts !== undefined && health?.isReachable === true;
    if (isReachable) result.observe(lag, health.lagMs / 1_000, shared);
    result.observe(reachable, Number(isReachable), shared);
  };
  meter.addBatchObservableCallback(callback, observables);
  return () => meter.removeBatchObservableCallback(callback, observables);
}

/** Resolves to undefined if the store does not answer in time, because it must not hold up other observers. */
async function answer<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await withDeadline(ask());
  } catch {
    return undefined;
  }
}
