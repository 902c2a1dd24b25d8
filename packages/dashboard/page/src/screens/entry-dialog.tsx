import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Badge, type Tone } from '@showpad-webhooks/ui/parts/badge.tsx';
import { Body } from '@showpad-webhooks/ui/parts/body.tsx';
import { CopyButton } from '@showpad-webhooks/ui/parts/copy-button.tsx';
import { Dialog } from '@showpad-webhooks/ui/parts/dialog.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import { formatBytes, formatDateTime } from '@showpad-webhooks/ui/state/format.ts';
import { visible } from '@showpad-webhooks/ui/state/visible.ts';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EntryDetailsView, EntryView, PayloadView } from '../../../src/api/views.ts';
import { ago } from '../state/ago.ts';
import { get, post } from '../state/api.ts';
import type { State } from '../state/route.ts';
import { Attempts } from './attempts.tsx';
import type { Change } from './change-dialog.tsx';

const TONES: Readonly<Record<State, Tone>> = { dead: 'bad', pending: 'wait', leased: 'wait', done: 'good' };

interface EntryDialogProps {
  readonly id: string;
  readonly nowMs: number;
  readonly onClose: () => void;
  /** Left out if the user may only look. */
  readonly onChange?: (change: Change, entry: EntryView) => void;
}

/** All that is known of an entry. The payload comes only if somebody asks for it. */
export function EntryDialog({ id, nowMs, onClose, onChange }: EntryDialogProps): VNode {
  const [entry, setEntry] = useState<EntryDetailsView>();
  const loading = useAction();

  // Only another entry is loaded again.
  useEffect(() => {
    void loading.run(async () => setEntry(await get<EntryDetailsView>('entry', { id })));
  }, [id]);

  return (
    <Dialog title={entry ? visible(entry.type) || 'Not an event' : 'Event'} isWide onClose={onClose}>
      <Problem error={loading.error} />
      {entry ? <Facts entry={entry} nowMs={nowMs} /> : !loading.error && <p class="muted">Loading…</p>}
      {entry && entry.attempts.length > 1 && <Attempts attempts={entry.attempts} />}
      {entry && <Payload entry={entry} />}
      {entry && onChange && entry.state !== 'leased' && (
        <footer>
          <button type="button" class="danger" onClick={() => onChange('discard', entry)}>
            Discard
          </button>
          {(entry.state === 'dead' || entry.state === 'done') && entry.hasBody && (
            <button type="button" class="primary" onClick={() => onChange('retry', entry)}>
              Retry
            </button>
          )}
        </footer>
      )}
    </Dialog>
  );
}

function Facts({ entry, nowMs }: { entry: EntryView; nowMs: number }): VNode {
  const { id, state, attempt, retries, doneHandlers, code, message, keyLabel } = entry;
  const time = (atMs: number | undefined): ComponentChildren =>
    atMs !== undefined && `${formatDateTime(atMs)} (${ago(nowMs - atMs)})`;
  const rows: readonly (readonly [label: string, content: ComponentChildren])[] = [
    [
      'State',
      <Badge key="state" tone={TONES[state]}>
        {state}
      </Badge>,
    ],
    [
      'Event id',
      <span key="id" class="mono wrap">
        {visible(id)} <CopyButton text={id} />
      </span>,
    ],
    [
      state === 'dead' ? 'Reason' : 'Last error',
      code && (
        <span class="wrap">
          <strong>{code}</strong>: {visible(message ?? '')}
        </span>
      ),
    ],
    ['Attempts', String(attempt)],
    ['Retried by hand', retries > 0 && (retries === 1 ? 'once' : `${retries} times`)],
    ['Handlers done', doneHandlers.map(visible).join(', ') || (state === 'done' ? '' : 'none')],
    ['Arrived', time(entry.receivedAtMs)],
    ['Due', time(entry.dueAtMs)],
    ['Leased until', time(entry.leasedUntilMs)],
    [state === 'dead' ? 'Died' : 'Done', time(entry.settledAtMs)],
    ['Key', keyLabel && visible(keyLabel)],
  ];
  return (
    <dl class="facts">
      {rows.map(
        ([label, content]) =>
          content && [<dt key={label}>{label}</dt>, <dd key={`${label} text`}>{content}</dd>],
      )}
    </dl>
  );
}

function Payload({ entry: { id, hasBody, bodyBytes } }: { entry: EntryView }): VNode {
  const [payload, setPayload] = useState<PayloadView>();
  const { isRunning, error, run } = useAction();
  if (!hasBody)
    return <p class="muted">The payload of {formatBytes(bodyBytes)} was deleted when the event was done.</p>;
  if (payload) {
    const { text, base64, bytes, isCut } = payload;
    return (
      <Body
        text={text ?? base64 ?? ''}
        label={text === null ? 'Payload, in base64' : 'Payload'}
        bytes={bytes}
        isTruncated={isCut}
      />
    );
  }
  return (
    <div class="payload">
      <button
        type="button"
        disabled={isRunning}
        onClick={() => run(async () => setPayload(await post<PayloadView>('payload', { id })))}
      >
        Show the payload
      </button>
      <p class="muted">
        {formatBytes(bodyBytes)}. It may be personal data, so your name is written to the log.
      </p>
      <Problem error={error} />
    </div>
  );
}
