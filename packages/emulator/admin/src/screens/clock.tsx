import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { TextField } from '@showpad-webhooks/ui/parts/field.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import { formatDateTime, formatDuration } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { untilText } from '../parts/badges.tsx';
import { request } from '../state/api.ts';
import { groupByEvent, nextDueAt } from '../state/deliveries.ts';
import { useNow } from '../state/now.ts';
import type { Clock } from '../state/resources.ts';
import { hrefOf } from '../state/router.ts';
import { update, useStore } from '../state/store.ts';

const STEPS_MS = [1000, 3000, 7500, 14_250, 300_000, 3_600_000];

/** The emulator's clock, which retries, timestamps and tokens use. */
export function ClockScreen(): VNode {
  const clock = useStore('clock');
  const now = useNow();
  const [seconds, setSeconds] = useState('');
  const { isRunning, error, run } = useAction();
  const change = (path: string, body: object) =>
    run(async () => update({ clock: await request<Clock>('POST', path, body) }));
  const advance = (ms: number) => change('/clock/advance', { ms });
  const advanceBySeconds = (event: Event) => {
    event.preventDefault();
    void advance(Math.round(Number(seconds) * 1000));
  };

  return (
    <>
      <section class="panel">
        <p class="now">
          <time dateTime={new Date(now).toISOString()}>{formatDateTime(now)}</time>
        </p>
        <fieldset class="choice">
          <legend>Mode</legend>
          {(['real', 'manual'] as const).map((mode) => (
            <label key={mode} class="check">
              <input
                type="radio"
                name="mode"
                checked={clock?.mode === mode}
                onChange={() => change('/clock', { mode })}
              />
              {mode === 'real'
                ? 'Real: retries wait as long as at Showpad'
                : 'Manual: time passes only when you advance the clock'}
            </label>
          ))}
        </fieldset>
        {clock?.mode === 'manual' && (
          <>
            <fieldset class="tools">
              <legend>Advance by</legend>
              {STEPS_MS.map((ms) => (
                <button key={ms} type="button" disabled={isRunning} onClick={() => advance(ms)}>
                  + {formatDuration(ms)}
                </button>
              ))}
            </fieldset>
            <form class="inline" onSubmit={advanceBySeconds}>
              <TextField
                label="Seconds"
                type="number"
                min={0}
                step="any"
                value={seconds}
                onText={setSeconds}
                required
              />
              <button type="submit" disabled={isRunning}>
                Advance
              </button>
            </form>
          </>
        )}
        <Problem error={error} />
      </section>
      <Upcoming now={now} onAdvance={clock?.mode === 'manual' ? advance : undefined} />
    </>
  );
}

interface UpcomingProps {
  readonly now: number;
  readonly onAdvance: ((ms: number) => void) | undefined;
}

/** The deliveries that are scheduled for later. */
function Upcoming({ now, onAdvance }: UpcomingProps): VNode {
  const attempts = useStore('attempts');
  const names = new Map(useStore('subscriptions').map(({ id, name }) => [id, name]));
  const due = groupByEvent(attempts.values())
    .flatMap(({ type, notifications }) => notifications.map((notification) => ({ type, notification })))
    .flatMap(({ type, notification }) => {
      const at = nextDueAt(notification);
      return at === undefined
        ? []
        : [
            {
              type,
              id: notification.id,
              name: names.get(notification.attempts[0]?.subscriptionId ?? ''),
              at,
            },
          ];
    })
    .sort((one, other) => one.at - other.at);

  return (
    <section>
      <h2>Scheduled deliveries</h2>
      {due.length === 0 ? (
        <p class="muted">
          Nothing is scheduled. If your app responds with a 5xx, the delivery is retried after 3, 7.5 and
          14.25 s, and is listed here until then.
        </p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Webhook</th>
              <th scope="col">Next attempt</th>
              <th scope="col" class="actions">
                <span class="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {due.map(({ type, id, name, at }) => (
              <tr key={id}>
                <th scope="row" class="mono">
                  <a href={hrefOf('responses', id)}>{type}</a>
                </th>
                <td data-label="Webhook">{name ?? 'deleted webhook'}</td>
                <td data-label="Next attempt">{untilText(at, now)}</td>
                <td class="actions">
                  {onAdvance && (
                    <button type="button" onClick={() => onAdvance(Math.max(0, at - now))}>
                      Advance the clock to it
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
