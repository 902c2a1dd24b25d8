import { useAction } from '@showpad-webhooks/ui/parts/action.ts';
import { SelectField, TextField } from '@showpad-webhooks/ui/parts/field.tsx';
import { Problem } from '@showpad-webhooks/ui/parts/problem.tsx';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { request } from '../state/api.ts';
import { useEventTypes } from '../state/event-types.ts';
import type { FaultApi, FaultKind, FaultParam } from '../state/resources.ts';
import { useStore } from '../state/store.ts';
import { API_LABELS, PARAM_LABELS } from './fault-labels.ts';

const APIS = Object.entries(API_LABELS);

/** Adds a rule. Blank fields match everything, and blank parameters have their defaults. */
export function FaultForm(): VNode {
  const kinds = useStore('faultKinds');
  const [api, setApi] = useState<FaultApi>('delivery');
  const offered = kinds.filter((kind) => kind.api === api);
  const [chosen, setChosen] = useState('');
  const kind = offered.find((each) => each.kind === chosen) ?? offered[0];
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [probability, setProbability] = useState('1');
  const [count, setCount] = useState('');
  const { isRunning, error, run } = useAction();
  /** @param name as in the request, so that the emulator's errors find their field */
  const field = (name: string) => ({
    value: texts[name] ?? '',
    onText: (text: string) => setTexts({ ...texts, [name]: text }),
    error: error?.fields.get(name),
  });

  const add = async (event: Event) => {
    event.preventDefault();
    if (!kind) return;
    await run(() =>
      request('POST', '/faults', {
        api,
        match: matchOf(api, texts),
        probability: Number(probability),
        count: count === '' ? null : Number(count),
        action: { kind: kind.kind, ...paramsOf(kind, texts) },
      }),
    );
  };

  return (
    <form class="panel" onSubmit={add} aria-labelledby="add-rule">
      <h2 id="add-rule">Add a rule</h2>
      <div class="row">
        <SelectField
          label="Applies to"
          value={api}
          choices={APIS}
          onText={(text) => setApi(text as FaultApi)}
        />
        <SelectField
          label="Action"
          hint={kind?.description}
          value={kind?.kind ?? ''}
          choices={offered.map((each) => [each.kind, each.kind])}
          onText={setChosen}
        />
        {Object.entries(kind?.params ?? {}).map(([name, preset]) => (
          <TextField
            key={name}
            label={PARAM_LABELS[name as FaultParam]}
            placeholder={`${preset}`}
            {...field(`action.${name}`)}
          />
        ))}
      </div>
      <MatchFields api={api} field={field} />
      <div class="row">
        <TextField
          label="Probability"
          type="number"
          min={0}
          max={1}
          step="any"
          value={probability}
          onText={setProbability}
          hint="From 0 to 1."
          required
        />
        <TextField
          label="How many times"
          type="number"
          min={1}
          value={count}
          onText={setCount}
          placeholder="no limit"
          hint="After that, the rule stops."
        />
      </div>
      <Problem error={error} />
      <div class="tools">
        <button type="submit" class="primary" disabled={isRunning || !kind}>
          Add rule
        </button>
      </div>
    </form>
  );
}

type FieldProps = (name: string) => {
  value: string;
  onText: (text: string) => void;
  error: string | undefined;
};

function MatchFields({ api, field }: { api: FaultApi; field: FieldProps }): VNode {
  const subscriptions = useStore('subscriptions');
  const eventTypes = useEventTypes();
  if (api !== 'delivery') {
    return (
      <div class="row">
        <TextField label="Path" placeholder="any" {...field('match.path')} />
        <TextField label="Method" placeholder="any" {...field('match.method')} />
      </div>
    );
  }
  return (
    <div class="row">
      <SelectField
        label="Event type"
        choices={[['', 'Any'], ...eventTypes.map(({ type }) => [type, type] as const)]}
        {...field('match.type')}
      />
      <SelectField
        label="Webhook"
        choices={[['', 'Any'], ...subscriptions.map(({ id, name }) => [id, name] as const)]}
        {...field('match.subscriptionId')}
      />
      <SelectField
        label="Attempt"
        choices={[['', 'Any'], ...['1', '2', '3', '4'].map((number) => [number, number] as const)]}
        {...field('match.attempt')}
      />
    </div>
  );
}

const MATCHED: Readonly<Record<FaultApi, readonly string[]>> = {
  delivery: ['type', 'subscriptionId', 'attempt'],
  oauth: ['path', 'method'],
  subscriptions: ['path', 'method'],
};

function matchOf(api: FaultApi, texts: Readonly<Record<string, string>>): Record<string, string | number> {
  const given = MATCHED[api].map((name) => [name, texts[`match.${name}`] ?? ''] as const);
  return Object.fromEntries(
    given
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, name === 'attempt' ? Number(text) : text]),
  );
}

/** The typed text, converted to the type of the parameter's default. */
function paramsOf({ params }: FaultKind, texts: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params)
      .map(([name, preset]) => [name, preset, texts[`action.${name}`] ?? ''] as const)
      .filter(([, , text]) => text !== '')
      .map(([name, preset, text]) => [name, typeof preset === 'string' ? text : parsed(text)]),
  );
}

/** Text that is not a number is sent as it is, so that the emulator can say what is wrong. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
