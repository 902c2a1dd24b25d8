import type { Attempt } from './resources.ts';

/** One event on its way to one webhook: its attempts, first to last. */
export interface Notification {
  readonly id: string;
  readonly attempts: readonly Attempt[];
}

/** An event with everything that was sent of it: to every webhook, and at every replay. */
export interface EventGroup {
  readonly eventId: string;
  readonly type: string;
  readonly firstAt: number;
  readonly notifications: readonly Notification[];
}

/** Newest event first. */
export function groupByEvent(attempts: Iterable<Attempt>): readonly EventGroup[] {
  const sorted = [...attempts].sort((one, other) => one.dueAt - other.dueAt || one.number - other.number);
  const events = [...Map.groupBy(sorted, ({ eventId }) => eventId)].map(([eventId, ofEvent]) => {
    const [first] = ofEvent as [Attempt];
    const notifications = [...Map.groupBy(ofEvent, ({ notificationId }) => notificationId)];
    return {
      eventId,
      type: first.type,
      firstAt: first.dueAt,
      notifications: notifications.map(([id, ofNotification]) => ({ id, attempts: ofNotification })),
    };
  });
  return events.reverse();
}

/** The attempts that were sent or are being sent. */
export function madeAttempts({ attempts }: Notification): readonly Attempt[] {
  return attempts.filter(({ state }) => state !== 'scheduled');
}

/** When the next attempt is due, if there is one. */
export function nextDueAt({ attempts }: Notification): number | undefined {
  const last = attempts.at(-1);
  if (last?.state === 'scheduled') return last.dueAt;
  return last?.nextAttemptAt ?? undefined;
}
