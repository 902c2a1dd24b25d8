import { SelectField, TextField } from '@showpad-webhooks/ui/parts/field.tsx';
import type { VNode } from 'preact';
import type { EntryView } from '../../../src/api/views.ts';
import { type Route, refine } from '../state/route.ts';

const HOUR_MS = 3_600_000;
const WITHIN: readonly (readonly [value: string, text: string])[] = [
  ['', 'Any time'],
  [String(HOUR_MS), 'The last hour'],
  [String(6 * HOUR_MS), 'The last 6 hours'],
  [String(24 * HOUR_MS), 'The last 24 hours'],
  [String(7 * 24 * HOUR_MS), 'The last 7 days'],
];

interface FiltersProps {
  readonly route: Route;
  /** What is shown. Its values are suggested. */
  readonly items: readonly EntryView[];
}

export function Filters({ route, items }: FiltersProps): VNode {
  const set = (name: keyof Route) => (text: string) => refine({ ...route, [name]: text });
  const field = (
    name: 'type' | 'handler' | 'error',
    label: string,
    suggested: readonly (string | undefined)[],
  ) => (
    <>
      <TextField
        label={label}
        value={route[name]}
        list={`${name}-list`}
        spellcheck={false}
        disabled={route.id !== ''}
        onText={set(name)}
      />
      <datalist id={`${name}-list`}>
        {[...new Set(suggested)].map((each) => each && <option key={each} value={each} />)}
      </datalist>
    </>
  );
  return (
    <form class="filters" aria-label="Search" onSubmit={(event) => event.preventDefault()}>
      <TextField label="Event id" value={route.id} spellcheck={false} onText={set('id')} />
      {field(
        'type',
        'Type',
        items.map(({ type }) => type),
      )}
      {field(
        'handler',
        'Handler',
        items.map(({ handler }) => handler),
      )}
      {field(
        'error',
        'Error',
        items.map(({ code }) => code),
      )}
      <SelectField label="When" value={route.within} choices={WITHIN} onText={set('within')} />
    </form>
  );
}
