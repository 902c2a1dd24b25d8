import { type BatchObservableCallback, type MeterProvider, metrics } from '@opentelemetry/api';
import type { Inbox } from '@showpad-webhooks/core';
import { withDeadline } from '@showpad-webhooks/core/node';
import { attempt } from './attempt.ts';
import { DESTINATION, INBOX_STATE, SCOPE } from './attributes.ts';

export interface ObserveInboxOptions {
  /** Default: the global one. Register it before: an observer can't move to one that comes later. */
  readonly meterProvider?: MeterProvider;
}

/**
 * Observes an inbox at every collection of metrics: how many entries it holds in each state, and how far handling is
 * behind. A store that can't be reached, or takes over 2.5 s, leaves its figures out and is told as not reachable.
 *
 * Gauges, and no sums: where processes share an inbox, each reports all of it.
 *
 * @returns stops it; call it before the inbox is closed.
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
export function observeInbox(inbox: Inbox, { meterProvider }: ObserveInboxOptions = {}): () => void {
  const stop = attempt(() => observe(inbox, meterProvider ?? metrics.getMeterProvider()));
  return () => attempt(() => stop?.());
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
  const shared = { [DESTINATION]: inbox.name };
  // The SDK for JavaScript repeats a gauge's last value where none is observed, so that trouble needs one of its own.
  const reachable = meter.createObservableGauge('showpad.webhook.inbox.reachable', {
    description: '1 where the inbox answers, 0 where it does not.',
  });
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

/** What the store says in time; undefined where it doesn't: it must not hold up the other observers. */
async function answer<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await withDeadline(ask());
  } catch {
    return undefined;
  }
}
