import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { groupByEvent, madeAttempts, type Notification } from '../state/deliveries.ts';
import { meaningOf } from '../state/outcome.ts';
import { hrefOf } from '../state/router.ts';
import { useStore } from '../state/store.ts';
import { Trail } from './event-list.tsx';

export interface Sent {
  readonly events: readonly unknown[];
  readonly notifications: readonly { readonly id: string }[];
}

/** More than that is easier to read on the Responses screen. */
const MAX_SHOWN = 5;

/** What was sent, and what each webhook answered. The colour is the worst answer's. */
export function SendResult({ sent: { events, notifications }, type }: { sent: Sent; type: string }): VNode {
  const attempts = useStore('attempts');
  const subscriptions = useStore('subscriptions');
  const ids = new Set(notifications.map(({ id }) => id));
  const answered = groupByEvent(
    [...attempts.values()].filter(({ notificationId }) => ids.has(notificationId)),
  ).flatMap((event) => event.notifications);
  const [first] = notifications;
  const section = useRef<HTMLElement>(null);
  // A long body pushes it out of sight.
  useEffect(() => section.current?.scrollIntoView({ block: 'nearest' }), [answered.length]);
  return (
    <section ref={section} class={`result ${toneOf(answered, first === undefined)}`} role="status">
      <p>
        {plural(events.length, 'event')} sent, {plural(notifications.length, 'notification')}.{' '}
        {first ? (
          <a href={hrefOf('responses', first.id)}>See the responses</a>
        ) : (
          <>
            No webhook is subscribed to <code>{type}</code>: <a href={hrefOf('webhooks')}>add one</a>.
          </>
        )}
      </p>
      {answered.slice(0, MAX_SHOWN).map((notification) => {
        const last = madeAttempts(notification).at(-1);
        const name = subscriptions.find(({ id }) => id === last?.subscriptionId)?.name;
        return (
          <p key={notification.id}>
            {name ?? 'webhook'} <Trail notification={notification} />{' '}
            {last?.response ? meaningOf(last.response.status, last.response.body) : last?.error?.message}
          </p>
        );
      })}
      {answered.length > MAX_SHOWN && <p>And {answered.length - MAX_SHOWN} more.</p>}
    </section>
  );
}

type Tone = 'good' | 'wait' | 'bad' | 'plain';

function toneOf(notifications: readonly Notification[], isUnheard: boolean): Tone {
  if (isUnheard) return 'wait';
  const states = notifications.map(({ attempts }) => attempts.at(-1)?.state);
  if (states.some((state) => state === 'failed' || state === 'gave-up')) return 'bad';
  if (states.length > 0 && states.every((state) => state === 'succeeded')) return 'good';
  return notifications.some(({ attempts }) => attempts.some(({ state }) => state === 'will-retry'))
    ? 'wait'
    : 'plain';
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
