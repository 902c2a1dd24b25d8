import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { CopyButton } from '@showpad-webhooks/ui/parts/copy-button.tsx';
import { SelectField, TextField } from '@showpad-webhooks/ui/parts/field.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Origin } from '../parts/badges.tsx';
import { BodyEditor } from '../parts/body-editor.tsx';
import { request } from '../state/api.ts';
import { controlCommand } from '../state/commands.ts';
import { aboutSample, useEventTypes } from '../state/event-types.ts';
import type { Route } from '../state/router.ts';
import { useStore } from '../state/store.ts';
import { KeepSample } from './keep-sample.tsx';
import { SendResult, type Sent } from './send-result.tsx';

/** Makes events happen: the sample of a type, as it is or edited. */
export function SendScreen({ route }: { route: Route }): VNode {
  const eventTypes = useEventTypes();
  const subscriptions = useStore('subscriptions');
  const [chosen, setChosen] = useState(route.query.get('type') ?? '');
  const [webhook, setWebhook] = useState(route.query.get('webhook') ?? '');
  const [edited, setEdited] = useState<string>();
  const [count, setCount] = useState('1');
  const [sent, setSent] = useState<Sent>();
  const { isRunning, error, run } = useAction();
  // The types may arrive after the first render, and the chosen one may be gone.
  const entry = eventTypes.find(({ type }) => type === chosen) ?? eventTypes[0];
  const type = entry?.type ?? '';
  const about = entry && aboutSample(entry);
  const body = {
    type,
    ...(edited !== undefined && { body: edited }),
    ...(Number(count) !== 1 && { count: Number(count) }),
    ...(webhook !== '' && { subscriptionId: webhook }),
  };

  const send = async (event: Event) => {
    event.preventDefault();
    setSent(undefined);
    await run(async () => setSent(await request<Sent>('POST', '/events', body)));
  };
  const choose = (newType: string) => {
    setChosen(newType);
    setEdited(undefined);
  };

  return (
    <form class="panel" onSubmit={send}>
      <div class="row">
        <SelectField
          label="Event type"
          value={type}
          choices={eventTypes.map((each) => [each.type, each.type])}
          onText={choose}
        />
        <SelectField
          label="Send to"
          value={webhook}
          choices={[
            ['', 'Every webhook with this type'],
            ...subscriptions.map(({ id, name }) => [id, name] as const),
          ]}
          onText={setWebhook}
        />
        <TextField
          label="Number of events"
          type="number"
          min={1}
          max={10_000}
          value={count}
          onText={setCount}
          required
        />
      </div>
      {entry && about && (
        <p>
          <Origin {...entry} /> {about}
        </p>
      )}
      <BodyEditor
        value={edited ?? JSON.stringify(entry?.sample, null, 2) ?? ''}
        onText={setEdited}
        hint={
          edited === undefined
            ? 'This is the sample. Each event gets its own id and time.'
            : 'Edited. It is sent exactly like this, with the id and time that it contains.'
        }
        error={error?.fields.get('body')}
      />
      <Problem error={error} />
      <div class="tools">
        <button type="submit" class="primary" disabled={isRunning || !entry}>
          Send
        </button>
        {edited !== undefined && (
          <button type="button" onClick={() => setEdited(undefined)}>
            Reset to the sample
          </button>
        )}
        <CopyButton label="Copy as curl" text={() => controlCommand('/events', body)} />
      </div>
      <KeepSample edited={edited} entry={entry} onKept={choose} />
      {sent && <SendResult sent={sent} type={type} />}
    </form>
  );
}
