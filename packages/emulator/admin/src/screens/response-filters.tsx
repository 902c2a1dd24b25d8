import { SelectField } from '@showpad-webhooks/ui/parts/field.tsx';
import type { VNode } from 'preact';
import type { EventGroup, Notification } from '../state/deliveries.ts';
import { useEventTypes } from '../state/event-types.ts';
import { go, hrefOf } from '../state/router.ts';
import { useStore } from '../state/store.ts';

const OUTCOMES = [
  ['', 'Any'],
  ['succeeded', 'Succeeded'],
  ['retrying', 'Being retried'],
  ['lost', 'Lost'],
] as const;

/** The filter is part of the address, so that it can be linked to. */
export type Filter = Readonly<Record<'webhook' | 'type' | 'outcome', string>>;

export function readFilter(query: URLSearchParams): Filter {
  const { webhook = '', type = '', outcome = '' } = Object.fromEntries(query);
  return { webhook, type, outcome };
}

/** The event with its matching notifications. The list is empty if there are none. */
export function matches(event: EventGroup, { webhook, type, outcome }: Filter): readonly EventGroup[] {
  if (type !== '' && event.type !== type) return [];
  const notifications = event.notifications.filter(
    (notification) =>
      (webhook === '' || notification.attempts[0]?.subscriptionId === webhook) &&
      (outcome === '' || outcomeOf(notification) === outcome),
  );
  return notifications.length === 0 ? [] : [{ ...event, notifications }];
}

function outcomeOf({ attempts }: Notification): (typeof OUTCOMES)[number][0] {
  const state = attempts.at(-1)?.state;
  if (state === 'succeeded') return 'succeeded';
  return state === 'failed' || state === 'gave-up' ? 'lost' : 'retrying';
}

export function ResponseFilters({ filter }: { filter: Filter }): VNode {
  const subscriptions = useStore('subscriptions');
  const eventTypes = useEventTypes();
  const set = (change: Partial<Filter>) => go(hrefOf('responses', undefined, { ...filter, ...change }));
  return (
    <form class="filters" aria-label="Filter">
      <SelectField
        label="Webhook"
        value={filter.webhook}
        choices={[['', 'Any'], ...subscriptions.map(({ id, name }) => [id, name] as const)]}
        onText={(webhook) => set({ webhook })}
      />
      <SelectField
        label="Type"
        value={filter.type}
        choices={[['', 'Any'], ...eventTypes.map(({ type }) => [type, type] as const)]}
        onText={(type) => set({ type })}
      />
      <SelectField
        label="Outcome"
        value={filter.outcome}
        choices={OUTCOMES}
        onText={(outcome) => set({ outcome })}
      />
    </form>
  );
}
