import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { EmptyState } from '../parts/empty-state.tsx';
import { controlCommand } from '../state/commands.ts';
import { type EventGroup, groupByEvent, type Notification } from '../state/deliveries.ts';
import { loadOlderAttempts } from '../state/live.ts';
import { hrefOf, type Route } from '../state/router.ts';
import { useStore } from '../state/store.ts';
import { EventList } from './event-list.tsx';
import { NotificationDetail } from './notification-detail.tsx';
import { matches, ResponseFilters, readFilter } from './response-filters.tsx';

/** How many events are rendered at first. Thousands would be slow to draw at every delivery. */
const FIRST_SHOWN = 100;

/** What was sent and what came back: the events on the left, one notification in full on the right. */
export function ResponsesScreen({ route }: { route: Route }): VNode {
  const attempts = useStore('attempts');
  const older = useStore('olderAttempts');
  const isTrimmed = useStore('isTrimmed');
  const [shown, setShown] = useState(FIRST_SHOWN);
  const { isRunning, error, run } = useAction();
  const events = useMemo(() => groupByEvent(attempts.values()), [attempts]);
  const filter = readFilter(route.query);
  const matching = events.flatMap((event) => matches(event, filter));
  const open = findNotification(events, route.id) ?? matching[0]?.notifications[0];

  const showOlder = async () => {
    if (shown >= matching.length) await run(loadOlderAttempts);
    setShown(shown + FIRST_SHOWN);
  };

  if (attempts.size === 0) return <NoResponses />;
  return (
    <>
      <ResponseFilters filter={filter} />
      <div class="panes">
        <div class="list">
          {matching.length === 0 && (
            <p class="muted">
              No event matches the filter. <a href={hrefOf('responses')}>Show all</a>
            </p>
          )}
          <EventList events={matching.slice(0, shown)} openId={open?.id} query={filter} />
          {(shown < matching.length || older !== null) && (
            <button type="button" disabled={isRunning} onClick={showOlder}>
              Show older
            </button>
          )}
          {isTrimmed && shown >= matching.length && (
            <p class="muted">
              This page does not show older attempts any more. Reload it to get them from the emulator.
            </p>
          )}
          <Problem error={error} />
        </div>
        {open && <NotificationDetail key={open.id} notification={open} />}
      </div>
      <Announcement />
    </>
  );
}

function findNotification(events: readonly EventGroup[], id: string | undefined): Notification | undefined {
  return events.flatMap(({ notifications }) => notifications).find((notification) => notification.id === id);
}

/** Tells a screen reader what has arrived. */
function Announcement(): VNode {
  const latest = useStore('latest');
  return (
    <p class="hidden-text" role="status">
      {latest &&
        `${latest.type}, attempt ${latest.number}: ${latest.response?.status ?? latest.error?.code ?? latest.state}`}
    </p>
  );
}

function NoResponses(): VNode {
  const subscriptions = useStore('subscriptions');
  return (
    <EmptyState
      title="No deliveries yet"
      command={controlCommand('/events', { type: subscriptions[0]?.types[0] ?? 'shared-space-user-added' })}
    >
      {subscriptions.length === 0 ? (
        <p>
          First <a href={hrefOf('webhooks')}>add a webhook</a>. An event is sent to every webhook that is
          subscribed to its type.
        </p>
      ) : (
        <p>
          <a href={hrefOf('send')}>Send an event</a>. Its attempts are then listed here.
        </p>
      )}
    </EmptyState>
  );
}
