import { formatDateTime } from '@showpad-webhooks/ui/state/format.ts';
import { visible } from '@showpad-webhooks/ui/state/visible.ts';
import type { VNode } from 'preact';
import type { EntryView } from '../../../src/api/views.ts';
import { ago } from '../state/ago.ts';
import { hrefOf, type Route } from '../state/route.ts';

interface EntryTableProps {
  readonly items: readonly EntryView[];
  readonly route: Route;
  readonly nowMs: number;
  /** Left out if nothing can be selected. */
  readonly chosen?: ReadonlySet<string>;
  readonly changeable?: readonly EntryView[];
  readonly onChoose?: (chosen: ReadonlySet<string>) => void;
}

export function EntryTable({
  items,
  route,
  nowMs,
  chosen,
  changeable = [],
  onChoose,
}: EntryTableProps): VNode {
  const isAllChosen =
    chosen !== undefined && changeable.length > 0 && changeable.every(({ id }) => chosen.has(id));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose?.(next);
  };
  return (
    <table class="entry-table">
      <thead>
        <tr>
          {onChoose && (
            <th class="choose">
              <input
                type="checkbox"
                aria-label="Select all that are shown"
                checked={isAllChosen}
                onChange={() => onChoose(new Set(isAllChosen ? [] : changeable.map(({ id }) => id)))}
              />
            </th>
          )}
          <th class="when">When</th>
          <th class="event">Event</th>
          <th class="handler">Handler</th>
          <th class="number">Attempts</th>
          <th>Reason</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => {
          const { id, isReachable, type, handler, attempt, code, message, settledAtMs, receivedAtMs } = item;
          const atMs = settledAtMs ?? receivedAtMs;
          return (
            <tr key={id} class={chosen?.has(id) ? 'chosen' : undefined}>
              {onChoose && (
                <td class="choose">
                  <input
                    type="checkbox"
                    aria-label={`Select ${visible(id)}`}
                    checked={chosen?.has(id) ?? false}
                    disabled={!changeable.includes(item)}
                    onChange={() => toggle(id)}
                  />
                </td>
              )}
              <td data-label="When" title={formatDateTime(atMs)}>
                {ago(nowMs - atMs)}
              </td>
              <th scope="row" class="event">
                <span class="type">{visible(type) || 'not an event'}</span>
                {isReachable ? (
                  <a class="mono" href={hrefOf({ ...route, open: id })} title={visible(id)}>
                    {visible(id)}
                  </a>
                ) : (
                  <span class="mono" title="This id is too long for the page. Use the command inbox.">
                    {visible(id)}
                  </span>
                )}
              </th>
              <td data-label="Handler">{handler === undefined ? '–' : visible(handler)}</td>
              <td class="number" data-label="Attempts">
                {attempt}
              </td>
              <td data-label="Reason" class="reason">
                {code ? (
                  <div>
                    <span class="code">{code}</span>
                    <span class="muted">{visible(message ?? '')}</span>
                  </div>
                ) : (
                  '–'
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
