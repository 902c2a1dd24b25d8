import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { Dialog } from '@showpad-webhooks/ui/parts/dialog.tsx';
import { SelectField, TextField } from '@showpad-webhooks/ui/parts/field.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { request } from '../state/api.ts';
import { useEventTypes } from '../state/event-types.ts';
import type { CreatedSubscription, Subscription } from '../state/resources.ts';
import { useStore } from '../state/store.ts';
import { HeadersField, readHeaders, writeHeaders } from './headers-field.tsx';

interface WebhookDialogProps {
  /** The webhook to edit. Without it, the dialog creates one. */
  readonly subscription?: Subscription;
  readonly type?: string;
  readonly onClose: () => void;
  readonly onCreated?: (created: CreatedSubscription, isYourKey: boolean) => void;
}

export function WebhookDialog({ subscription, type, onClose, onCreated }: WebhookDialogProps): VNode {
  const [name, setName] = useState(subscription?.name ?? '');
  const [method, setMethod] = useState<string>(subscription?.method ?? 'POST');
  const [url, setUrl] = useState(subscription?.url ?? '');
  const [types, setTypes] = useState<readonly string[]>(subscription?.types ?? (type ? [type] : []));
  const [otherType, setOtherType] = useState('');
  const [headers, setHeaders] = useState(writeHeaders(subscription?.headers ?? []));
  const suggested = useStore('suggestedKey').signatureKey ?? '';
  const [signatureKey, setSignatureKey] = useState(suggested);
  const { isRunning, error, run } = useAction();

  const save = async (event: Event) => {
    event.preventDefault();
    const body = {
      name,
      method,
      url,
      types: otherType.trim() === '' ? types : [...types, otherType.trim()],
      headers: readHeaders(headers),
    };
    await run(async () => {
      if (subscription) {
        await request('PATCH', `/subscriptions/${subscription.id}`, body);
        onClose();
      } else {
        const isYourKey = signatureKey !== '';
        const keyed = { ...body, ...(isYourKey && { signatureKey }) };
        onCreated?.(await request<CreatedSubscription>('POST', '/subscriptions', keyed), isYourKey);
      }
    });
  };

  return (
    <Dialog title={subscription ? `Edit ${subscription.name}` : 'New webhook'} onClose={onClose}>
      <form onSubmit={save}>
        <TextField
          label="Name"
          value={name}
          onText={setName}
          placeholder="CRM"
          error={error?.fields.get('name')}
          required
        />
        <div class="row address">
          <SelectField
            label="Method"
            value={method}
            onText={setMethod}
            choices={[
              ['POST', 'POST'],
              ['GET', 'GET'],
            ]}
          />
          <TextField
            label="URL"
            type="url"
            value={url}
            onText={setUrl}
            placeholder="http://127.0.0.1:3000/webhooks/showpad"
            error={error?.fields.get('url')}
            required
          />
        </div>
        {method === 'GET' && (
          <p class="muted">
            Showpad does not document GET deliveries. The emulator sends no body, and signs a full stop and
            the timestamp.
          </p>
        )}
        <TypesField types={types} onChange={setTypes} />
        <TextField
          label="Another type"
          value={otherType}
          onText={setOtherType}
          hint="Use the name in Showpad's Payload Reference. Only some of the types are public."
          error={error?.fields.get('types')}
        />
        {!subscription && (
          <TextField
            label="Signature key"
            value={signatureKey}
            onText={setSignatureKey}
            placeholder="a new key"
            hint={
              suggested === ''
                ? 'Enter the key that your app has. Leave it blank to get a new key, as at Showpad.'
                : 'It comes from SHOWPAD_SIGNATURE_KEY. Leave it blank to get a new key, as at Showpad.'
            }
            error={error?.fields.get('signatureKey')}
          />
        )}
        <HeadersField value={headers} onText={setHeaders} error={error?.fields.get('headers')} />
        <Problem error={error} />
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isRunning}>
            {subscription ? 'Save' : 'Create webhook'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function TypesField({
  types,
  onChange,
}: {
  types: readonly string[];
  onChange: (types: readonly string[]) => void;
}): VNode {
  const known = useEventTypes().map(({ type }) => type);
  const all = [...new Set([...known, ...types])];
  const toggle = (type: string) =>
    onChange(types.includes(type) ? types.filter((each) => each !== type) : [...types, type]);
  return (
    <fieldset>
      <legend>Event types</legend>
      {all.map((type) => (
        <label key={type} class="check">
          <input type="checkbox" checked={types.includes(type)} onChange={() => toggle(type)} />
          <code>{type}</code>
        </label>
      ))}
    </fieldset>
  );
}
