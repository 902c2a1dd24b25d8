import { Badge } from '@showpad-webhooks/ui/parts/badge.tsx';
import { Body } from '@showpad-webhooks/ui/parts/body.tsx';
import { DeleteButton } from '@showpad-webhooks/ui/parts/delete-button.tsx';
import { Dialog } from '@showpad-webhooks/ui/parts/dialog.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Origin, statusTone } from '../parts/badges.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { request } from '../state/api.ts';
import { controlCommand } from '../state/commands.ts';
import { aboutSample, type EventType, useEventTypes } from '../state/event-types.ts';
import type { CreatedSubscription, Subscription } from '../state/resources.ts';
import { hrefOf } from '../state/router.ts';
import { useStore } from '../state/store.ts';
import { SignatureKeyDialog } from './signature-key-dialog.tsx';
import { WebhookDialog } from './webhook-dialog.tsx';

type Open =
  | { readonly kind: 'create'; readonly type: string }
  | { readonly kind: 'edit'; readonly subscription: Subscription }
  | { readonly kind: 'key'; readonly created: CreatedSubscription; readonly isYourKey: boolean }
  | { readonly kind: 'sample'; readonly entry: EventType };

/** Every event type with the webhooks that are subscribed to it, as in Showpad's Admin App. */
export function WebhooksScreen(): VNode {
  const subscriptions = useStore('subscriptions');
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const types = useEventTypes();
  const about = open?.kind === 'sample' ? aboutSample(open.entry) : undefined;

  return (
    <>
      {subscriptions.length === 0 && <NoWebhooks />}
      {types.map((entry) => (
        <TypeSection
          key={entry.type}
          entry={entry}
          subscriptions={subscriptions.filter(({ types }) => types.includes(entry.type))}
          onOpen={setOpen}
        />
      ))}
      {open?.kind === 'sample' && (
        <Dialog title={`Sample body of ${open.entry.type}`} onClose={close} isWide>
          {about && <p>{about}</p>}
          <Body label="Body" text={JSON.stringify(open.entry.sample)} />
        </Dialog>
      )}
      {open?.kind === 'create' && (
        <WebhookDialog
          type={open.type}
          onClose={close}
          onCreated={(created, isYourKey) => setOpen({ kind: 'key', created, isYourKey })}
        />
      )}
      {open?.kind === 'edit' && <WebhookDialog subscription={open.subscription} onClose={close} />}
      {open?.kind === 'key' && (
        <SignatureKeyDialog created={open.created} isYourKey={open.isYourKey} onClose={close} />
      )}
    </>
  );
}

interface TypeSectionProps {
  readonly entry: EventType;
  readonly subscriptions: readonly Subscription[];
  readonly onOpen: (open: Open) => void;
}

function TypeSection({ entry, subscriptions, onOpen }: TypeSectionProps): VNode {
  const { type } = entry;
  return (
    <section class="event-type" aria-label={type}>
      <header>
        <h2 class="mono">{type}</h2>
        <Origin {...entry} />
        <span class="tools">
          <button type="button" class="quiet" onClick={() => onOpen({ kind: 'sample', entry })}>
            Sample body
          </button>
          <a class="button quiet" href={hrefOf('send', undefined, { type })}>
            Send
          </a>
          <button
            type="button"
            aria-label={`Add a webhook for ${type}`}
            title="Add a webhook"
            onClick={() => onOpen({ kind: 'create', type })}
          >
            +
          </button>
        </span>
      </header>
      {subscriptions.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col" class="name">
                Name
              </th>
              <th scope="col" class="method">
                Method
              </th>
              <th scope="col">URL</th>
              <th scope="col" class="number">
                Requests (all types)
              </th>
              <th scope="col" class="status">
                Last status
              </th>
              <th scope="col" class="actions">
                <span class="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {subscriptions.map((subscription) => (
              <WebhookRow key={subscription.id} subscription={subscription} onOpen={onOpen} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function WebhookRow({
  subscription,
  onOpen,
}: {
  subscription: Subscription;
  onOpen: TypeSectionProps['onOpen'];
}): VNode {
  const { id, name, method, url, requestCount, lastStatus } = subscription;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="mono" data-label="Method">
        {method}
      </td>
      <td class="mono wrap" data-label="URL">
        {url}
      </td>
      <td class="number" data-label="Requests (all types)">
        {requestCount}
      </td>
      <td data-label="Last status">
        {lastStatus === null ? (
          <span class="muted">none yet</span>
        ) : (
          <Badge tone={statusTone(lastStatus)}>{`${lastStatus}`}</Badge>
        )}
      </td>
      <td class="actions">
        <a
          class="button quiet"
          href={hrefOf('responses', undefined, { webhook: id })}
          aria-label={`View responses of ${name}`}
        >
          View
        </a>
        <button
          type="button"
          class="quiet"
          aria-label={`Edit ${name}`}
          onClick={() => onOpen({ kind: 'edit', subscription })}
        >
          Edit
        </button>
        <DeleteButton
          title={`Delete webhook ${name}`}
          onDelete={() => request('DELETE', `/subscriptions/${id}`)}
        >
          It stops receiving events. Its logs and its signature key are deleted too.
        </DeleteButton>
      </td>
    </tr>
  );
}

function NoWebhooks(): VNode {
  return (
    <EmptyState
      title="No webhooks yet"
      command={controlCommand('/subscriptions', {
        name: 'My app',
        types: ['shared-space-user-added'],
        method: 'POST',
        url: 'http://127.0.0.1:3000/webhooks/showpad',
      })}
    >
      <p>Choose + next to an event type. The signature key is shown only once, as at Showpad.</p>
    </EmptyState>
  );
}
