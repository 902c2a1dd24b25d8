import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { CopyButton } from '@showpad-webhooks/ui/parts/copy-button.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { untilText } from '../parts/badges.tsx';
import { request } from '../state/api.ts';
import { madeAttempts, type Notification, nextDueAt } from '../state/deliveries.ts';
import { useNow } from '../state/now.ts';
import { replay } from '../state/replay.ts';
import { useStore } from '../state/store.ts';
import { testSnippet } from '../state/test-snippet.ts';
import { AttemptDetail } from './attempt-detail.tsx';
import { Trail } from './event-list.tsx';
import { ReplayDialog } from './replay-dialog.tsx';

/** One event on its way to one webhook, with every attempt in full. */
export function NotificationDetail({ notification }: { notification: Notification }): VNode | null {
  const subscriptions = useStore('subscriptions');
  const [isEditing, setEditing] = useState(false);
  const { isRunning, error, run } = useAction();
  const made = madeAttempts(notification);
  const shown = made.at(-1) ?? notification.attempts[0];
  if (!shown) return null;
  const webhook = subscriptions.find(({ id }) => id === shown.subscriptionId);

  return (
    <article class="detail" aria-label={`${shown.type} to ${webhook?.name ?? 'a deleted webhook'}`}>
      <header>
        <h2 class="mono">{shown.type}</h2>
        <Trail notification={notification} />
      </header>
      <dl class="facts">
        <dt>Webhook</dt>
        <dd>{webhook?.name ?? `deleted: ${shown.subscriptionId}`}</dd>
        <dt>Event id</dt>
        <dd class="mono">{shown.eventId}</dd>
      </dl>
      <div class="tools">
        <button type="button" class="primary" disabled={isRunning} onClick={() => run(() => replay(shown))}>
          Replay
        </button>
        <button type="button" onClick={() => setEditing(true)}>
          Edit & replay
        </button>
        {!shown.request?.isTruncated && <CopyButton label="Copy as test" text={() => testSnippet(shown)} />}
      </div>
      <Problem error={error} />
      <NextAttempt notification={notification} />
      {made.toReversed().map((attempt) => (
        <AttemptDetail key={attempt.id} attempt={attempt} isLast={attempt === shown} />
      ))}
      {isEditing && <ReplayDialog attempt={shown} onClose={() => setEditing(false)} />}
    </article>
  );
}

/** When the next attempt is due. With a manual clock, a button advances the clock to it. */
function NextAttempt({ notification }: { notification: Notification }): VNode | null {
  const now = useNow();
  const clock = useStore('clock');
  const { isRunning, error, run } = useAction();
  const dueAt = nextDueAt(notification);
  if (dueAt === undefined) return null;
  const advance = () => run(() => request('POST', '/clock/advance', { ms: Math.max(0, dueAt - now) }));
  return (
    <div class="next">
      <p>
        Attempt {(madeAttempts(notification).at(-1)?.number ?? 0) + 1} {untilText(dueAt, now)}
      </p>
      {clock?.mode === 'manual' && (
        <button type="button" disabled={isRunning} onClick={advance}>
          Advance the clock to it
        </button>
      )}
      <Problem error={error} />
    </div>
  );
}
