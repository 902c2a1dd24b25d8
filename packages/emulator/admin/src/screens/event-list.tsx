import { Badge } from '@showpad-webhooks/ui/parts/badge.tsx';
import { formatTime } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { AttemptBadge, untilText } from '../parts/badges.tsx';
import { type EventGroup, madeAttempts, type Notification, nextDueAt } from '../state/deliveries.ts';
import { useNow } from '../state/now.ts';
import { hrefOf } from '../state/router.ts';
import { useStore } from '../state/store.ts';

interface EventListProps {
  readonly events: readonly EventGroup[];
  readonly openId: string | undefined;
  /** The query of the address, which the links keep. */
  readonly query: Readonly<Record<string, string>>;
}

export function EventList({ events, openId, query }: EventListProps): VNode {
  const subscriptions = useStore('subscriptions');
  const names = new Map(subscriptions.map(({ id, name }) => [id, name]));
  return (
    <ol class="events" aria-label="Events, newest first">
      {events.map(({ eventId, type, firstAt, notifications }) => (
        <li key={eventId}>
          <p class="event">
            <strong class="mono">{type}</strong>
            <time class="muted" dateTime={new Date(firstAt).toISOString()} title={eventId}>
              {formatTime(firstAt)}
            </time>
          </p>
          <ul>
            {notifications.map((notification) => (
              <li key={notification.id}>
                <a
                  href={hrefOf('responses', notification.id, query)}
                  aria-current={notification.id === openId ? 'true' : undefined}
                >
                  <span>
                    {names.get(notification.attempts[0]?.subscriptionId ?? '') ?? 'deleted webhook'}
                  </span>
                  <Trail notification={notification} />
                </a>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

/** The results of all attempts, such as 503, 503, 200, and when the next one is due. */
export function Trail({ notification }: { notification: Notification }): VNode {
  const dueAt = nextDueAt(notification);
  return (
    <span class="trail">
      {madeAttempts(notification).map((attempt) => (
        <AttemptBadge key={attempt.id} attempt={attempt} />
      ))}
      {dueAt !== undefined && <DueBadge dueAt={dueAt} />}
    </span>
  );
}

/** A component of its own, so that only this badge renders again as time passes. */
function DueBadge({ dueAt }: { dueAt: number }): VNode {
  return <Badge tone="plain">{untilText(dueAt, useNow())}</Badge>;
}
